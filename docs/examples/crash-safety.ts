import {
  noTerminalHook,
  type ObjectStore,
  StepOutcome,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import type { MockClock } from "@wf/testing";

/** A process that has died: it neither answers nor lets go of anything. */
const neverAgain = new Promise<never>(() => {});

export interface Log {
  readonly lines: string[];
}

/**
 * Step 1 pays and dies before it can say so; the process after it goes on
 * with step 1.
 */
export async function crashAndResume(
  store: ObjectStore,
  clock: MockClock,
  { lines }: Log,
): Promise<void> {
  const open = () => ObjectStoreQueue.open(store, { prefix: "queue", clock });
  const build = async (name: string, dies: boolean) =>
    WorkflowRuntime.builder(
      await open(),
      store,
      // #region step
      async (step) => {
        lines.push(
          `${name}: step ${step.stepNumber}, attempt ${step.attempts}`,
        );
        if (step.stepNumber === 0) return StepOutcome.continueNow(step.payload);
        const receipt = await step.memo.remember("pay", () => {
          lines.push(`${name}: pays`);
          return "receipt 1";
        });
        if (dies) await neverAgain; // here the process is killed
        return StepOutcome.succeed(Buffer.from(receipt));
      },
      // #endregion step
      noTerminalHook,
    ).build();

  const first = await build("first", true);
  await first.submit({ runId: "order-42", input: Buffer.from("") });
  void first.run({ signal: new AbortController().signal }).catch(() => {});
  await clock.advance("1s");

  // The next process opens the queue, which takes it over; it need not know
  // of the run.
  const second = await build("second", false);
  const stop = new AbortController();
  const running = second.run({ signal: stop.signal });
  const outcome = await second.outcome("order-42");
  lines.push(outcome.status);
  stop.abort();
  await running;
}
