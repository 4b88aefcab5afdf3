/** The process of the soak that is killed: submits the runs that it has not submitted yet, and works. */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type Step, StepOutcome, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";

const STEPS = 5;
const SUBMIT_AT_ONCE = 500;
const [directory, count, killAfter] = process.argv.slice(2) as [string, string, string];
const runs = Number(count);
/** Once it has told of so many ends it finishes no more: the kill is on its way, however long it takes. */
const mostToTell = killAfter === "" ? Number.POSITIVE_INFINITY : Number(killAfter);
const store = new FileSystemObjectStore({ root: join(directory, "store") });
const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
const stop = new AbortController();
let told = 0;

const runtime = WorkflowRuntime.builder(queue, store, runStep, {
  async onTermination({ runId, status, terminatedAt, ...outcome }, effects) {
    // A result that no other execution of the last step has.
    const end = "result" in outcome ? Buffer.from(outcome.result) : status;
    appendFileSync(join(directory, "journal"), `${runId} ${terminatedAt}-${end}\n`);
    effects.delete(`open/${runId}`);
    process.send?.(++told);
    if (told >= mostToTell) await new Promise(() => {});
  },
})
  .maxConcurrentSteps(256)
  .build();

const running = runtime.run({ signal: stop.signal });
await submitAll();
while ((await queue.kv.scan("open/", { limit: 1 })).items.length > 0) await queue.clock.sleep(20);
stop.abort();
await running;
await queue.close();
process.disconnect?.();

async function runStep(step: Step): Promise<StepOutcome> {
  return step.stepNumber < STEPS - 1
    ? StepOutcome.continueNow(step.payload)
    : StepOutcome.succeed(Buffer.from(randomUUID()));
}

/** What was submitted is known by its number, since an id is free again once its run has ended. */
async function submitAll(): Promise<void> {
  for (let first = 0; first < runs; first += SUBMIT_AT_ONCE) {
    const numbers = Array.from(
      { length: Math.min(SUBMIT_AT_ONCE, runs - first) },
      (_, i) => first + i,
    );
    await Promise.all(numbers.map(submit));
  }
}

async function submit(number: number): Promise<void> {
  const runId = `run-${number}`;
  if ((await queue.kv.get(`submitted/${runId}`)) !== undefined) return;
  const mark = Buffer.from("");
  const kv = { [`submitted/${runId}`]: mark, [`open/${runId}`]: mark };
  await runtime.submit({ runId, input: Buffer.from(`input of ${runId}`), kv });
}
