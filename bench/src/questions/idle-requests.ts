/**
 * What does a system cost while it has nothing to do? A queue with jobs of the past, scheduled ones and waiting
 * workers, and a workflow runtime with memo retention: for 3 seconds of the machine's time, and for a day of
 * virtual time without any job that falls due.
 */
import {
  type Clock,
  noTerminalHook,
  runWorker,
  StepOutcome,
  systemClock,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { CountingObjectStore, MemoryObjectStore, MockClock } from "@wf/testing";
import { pushThrough, QUEUE } from "../load.ts";
import type { Question } from "../question.ts";

const PAYLOAD = new Uint8Array(64);

export const question: Question = {
  asks: "store requests while idle",
  async run(bench) {
    const requests = await idle(systemClock, () => systemClock.sleep("3s"));
    bench.figure("3 s of the machine's time", requests, "requests");
    const clock = new MockClock();
    const inADay = await idle(clock, () => clock.advance("1d"));
    bench.figure("a day of virtual time", inADay, "requests");
  },
};

async function idle(clock: Clock, pass: () => Promise<unknown>): Promise<number> {
  const store = new CountingObjectStore(new MemoryObjectStore({ clock }));
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue", clock });
  await pushThrough(queue, { jobs: 1_000, producers: 8, workers: 8, payload: PAYLOAD });
  for (let job = 0; job < 100; job++) await queue.enqueue("later", PAYLOAD, { delay: "7d" });
  const stop = new AbortController();
  const { signal } = stop;
  const runtime = WorkflowRuntime.builder(
    queue,
    store,
    async () => StepOutcome.continueAfter(PAYLOAD, "7d"),
    noTerminalHook,
  ).build();
  for (let run = 0; run < 10; run++) await runtime.submit({ input: PAYLOAD });
  const working = Promise.all([
    runWorker(queue, QUEUE, () => {}, { signal }),
    runWorker(queue, "later", () => {}, { signal }),
    runtime.run({ signal }),
  ]);
  await settled(queue);
  store.take();
  await pass();
  const requests = store.take().requests;
  stop.abort();
  await working;
  await queue.close();
  return requests;
}

/** Waits until every run has come to its wait. */
async function settled(queue: ObjectStoreQueue): Promise<void> {
  for (;;) {
    const { scheduled } = await queue.inspect.stats("workflow-steps");
    if (scheduled === 10) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
