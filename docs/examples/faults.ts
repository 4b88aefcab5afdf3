import {
  MemoStore,
  noTerminalHook,
  type ObjectStore,
  type RandomSource,
  type RunOutcome,
  StepOutcome,
  WfError,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import {
  type FaultRule,
  FaultyObjectStore,
  MemoryObjectStore,
  MockClock,
  seededRandom,
} from "@wf/testing";

// #region rules
const BAD_DAY: readonly FaultRule[] = [
  { on: "put", probability: 0.05, fault: { kind: "lost_answer" } },
  { on: "get", probability: 0.02, fault: { kind: "unavailable" } },
  { on: "put", probability: 0.02, fault: { kind: "outage", lasts: "1m" } },
  { on: "put", probability: 0.1, fault: { kind: "crash" } },
];
// #endregion rules

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

// #region survive
/**
 * Starts process after process until the run has ended; all that happens is
 * drawn from the seed.
 */
export async function survive(seed: number) {
  const clock = new MockClock();
  const random = seededRandom(seed);
  const bucket = new MemoryObjectStore({ clock }); // outlives every process
  let charges = 0;
  for (let processes = 1; ; processes++) {
    const store = new FaultyObjectStore(bucket, {
      clock,
      random,
      delay: { min: 5, max: 50 },
      rules: BAD_DAY,
    });
    let outcome: RunOutcome | undefined;
    let failed = false;
    work(store, clock, random, () => ++charges).then(
      (ended) => {
        outcome = ended;
      },
      () => {
        failed = true;
      },
    );
    while (outcome === undefined && !failed && !store.crashed)
      await clock.advance("1s");
    if (outcome === undefined) continue;
    const memos = new MemoStore(bucket, "workflow-memo", { clock });
    const kept = await memos.memo("order-42", 1).get("charge");
    const receipt = outcome.status === "succeeded" && text(outcome.result);
    return { processes, charges, receipt, kept: kept && text(kept) };
  }
}

/**
 * One process. A store that fails while it opens the queue ends it, as any
 * supervisor expects.
 */
async function work(
  store: ObjectStore,
  clock: MockClock,
  random: RandomSource,
  charge: () => number,
): Promise<RunOutcome> {
  const queue = await ObjectStoreQueue.open(store, {
    prefix: "queue",
    clock,
    random,
  });
  const runtime = WorkflowRuntime.builder(
    queue,
    store,
    async (step) => {
      if (step.stepNumber === 0)
        return StepOutcome.continueAfter(step.payload, "1h");
      const receipt = await step.memo.remember("charge", charge);
      return StepOutcome.succeed(Buffer.from(`${receipt}`));
    },
    noTerminalHook,
  )
    .outcomeRetention("7d")
    .build();
  // Until it crashes.
  runtime.run({ signal: new AbortController().signal }).catch(() => {});
  try {
    return await runtime.outcome("order-42");
  } catch (error) {
    if (!WfError.is(error, "WF_RUN_NOT_FOUND")) throw error;
    await runtime.submit({
      runId: "order-42",
      input: Buffer.from(""),
      maxAttemptsPerStep: 100,
    });
    return await runtime.outcome("order-42");
  }
}
// #endregion survive
