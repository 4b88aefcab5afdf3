/** The process that is killed: a run of five steps, each of which pays for one call. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { noTerminalHook, type Step, StepOutcome, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";

export const STEPS = 5;
/** In which the first process is killed. */
export const KILLED_STEP = 2;

const say = (message: string) => process.send?.(message);
const [directory] = process.argv.slice(2);
// The example's main file imports the numbers of steps, and has no parent to talk to.
if (directory !== undefined && process.send !== undefined) await work(directory);

async function work(directory: string): Promise<void> {
  const store = new FileSystemObjectStore({ root: join(directory, "store") });
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  const runtime = WorkflowRuntime.builder(
    queue,
    store,
    (step) => runStep(step, directory),
    noTerminalHook,
  ).build();

  // In the second process the run is active already, and this changes nothing.
  await runtime.submit({ runId: "report", input: Buffer.from("words:") });
  const stop = new AbortController();
  const running = runtime.run({ signal: stop.signal });
  const outcome = await runtime.outcome("report");
  say(`result: ${outcome.status === "succeeded" ? Buffer.from(outcome.result) : outcome.status}`);
  stop.abort();
  await running;
  await queue.close();
  process.disconnect?.();
}

async function runStep(step: Step, directory: string): Promise<StepOutcome> {
  say(`begins step ${step.stepNumber}, attempt ${step.attempts}`);
  const word = await step.memo.remember("word", () => payForWord(directory, step.stepNumber));
  say(`paid in step ${step.stepNumber}`);
  // Here the first process is killed, however long that takes.
  if (step.stepNumber === KILLED_STEP && step.attempts === 1) await new Promise(() => {});
  const soFar = Buffer.from(`${Buffer.from(step.payload)} ${word}`);
  const isLast = step.stepNumber === STEPS - 1;
  return isLast ? StepOutcome.succeed(soFar) : StepOutcome.continueNow(soFar);
}

/** Stands for a call that costs money. */
function payForWord(directory: string, step: number): string {
  appendFileSync(join(directory, "ledger"), `paid for step ${step}\n`);
  return ["this", "was", "paid", "for", "once"][step] as string;
}
