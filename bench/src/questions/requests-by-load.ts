/**
 * How many store requests does a job, a step and a run cost, by load, and what is that in money? Jobs, or runs of
 * five steps, come one by one at a steady rate for a while of virtual time; a store request takes 30 to 50 ms.
 */
import {
  noTerminalHook,
  type ObjectStore,
  runWorker,
  StepOutcome,
  silentLogger,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import {
  CountingObjectStore,
  MemoryObjectStore,
  MockClock,
  type RequestCounts,
  seededRandom,
} from "@wf/testing";
import { DelayedObjectStore, latencyBetween } from "../delayed-object-store.ts";
import { QUEUE } from "../load.ts";
import type { Bench, Question } from "../question.ts";

const PAYLOAD = new Uint8Array(1_024);
const STEPS = 5;
const SECONDS_A_MONTH = 30 * 86_400;
/** S3 Standard, us-east-1, in USD a request; a delete is free (aws.amazon.com/s3/pricing). */
const PRICE = { write: 0.005 / 1_000, read: 0.0004 / 1_000 };

interface Load {
  readonly perSecond: number;
  readonly seconds: number;
}

const JOB_LOADS: readonly Load[] = [
  { perSecond: 1, seconds: 3_600 },
  { perSecond: 10, seconds: 3_600 },
  { perSecond: 1_000, seconds: 120 },
];
const RUN_LOADS: readonly Load[] = [
  { perSecond: 1, seconds: 1_800 },
  { perSecond: 10, seconds: 600 },
  { perSecond: 200, seconds: 60 },
];

export const question: Question = {
  asks: "store requests and money a job and a run, by load",
  async run(bench) {
    for (const load of JOB_LOADS) {
      const counts = await measure(load, workOnJobs);
      report(bench, `${load.perSecond} jobs/s`, "job", load, counts);
    }
    for (const load of RUN_LOADS) {
      const counts = await measure(load, workOnRuns);
      report(bench, `${load.perSecond} runs/s`, "run", load, counts);
    }
  },
};

/** Starts the workers, and gives what makes one job or run. */
type Work = (
  queue: ObjectStoreQueue,
  store: ObjectStore,
  signal: AbortSignal,
) => { readonly begin: () => Promise<unknown>; readonly working: Promise<void> };

const workOnJobs: Work = (queue, _store, signal) => ({
  begin: () => queue.enqueue(QUEUE, PAYLOAD),
  working: runWorker(queue, QUEUE, () => {}, { concurrency: 1_000, signal }),
});

const workOnRuns: Work = (queue, store, signal) => {
  const runtime = WorkflowRuntime.builder(
    queue,
    store,
    async ({ stepNumber }) =>
      stepNumber < STEPS - 1 ? StepOutcome.continueNow(PAYLOAD) : StepOutcome.succeed(PAYLOAD),
    noTerminalHook,
  )
    .maxConcurrentSteps(1_000)
    .logger(silentLogger)
    .build();
  return {
    begin: () => runtime.submit({ input: PAYLOAD }),
    working: runtime.run({ signal }),
  };
};

/** Counts from after the opening until the last one has ended; the close is not the load's. */
async function measure({ perSecond, seconds }: Load, work: Work): Promise<RequestCounts> {
  const clock = new MockClock(undefined, { settleTurns: 4 });
  const latency = latencyBetween(30, 50, seededRandom(1));
  const inner = new DelayedObjectStore(new MemoryObjectStore({ clock }), latency, clock);
  const store = new CountingObjectStore(inner);
  const stop = new AbortController();
  const opening = ObjectStoreQueue.open(store, { prefix: "queue", clock });
  await clock.advance("10s");
  const queue = await opening;
  const { begin, working } = work(queue, store, stop.signal);
  store.take();
  const begun: Promise<unknown>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    begun.push(begin());
    const due = Math.floor(((index + 1) * 1_000) / perSecond);
    await clock.advance(due - Math.floor((index * 1_000) / perSecond));
  }
  await clock.advance("10s");
  await Promise.all(begun);
  const counts = store.take();
  stop.abort();
  const closing = working.then(() => queue.close());
  await clock.advance("10s");
  await closing;
  return counts;
}

function report(
  bench: Bench,
  name: string,
  unit: string,
  { perSecond, seconds }: Load,
  { puts, gets, lists, deletes }: RequestCounts,
): void {
  const begun = perSecond * seconds;
  bench.figure(`${name}: writes`, puts / begun, `a ${unit}`);
  bench.figure(`${name}: reads, lists and deletes`, (gets + lists + deletes) / begun, `a ${unit}`);
  bench.figure(`${name}: writes a second`, puts / seconds, "");
  const cost = (puts + lists) * PRICE.write + gets * PRICE.read;
  bench.figure(`${name}: S3 requests a month`, (cost / seconds) * SECONDS_A_MONTH, "USD");
}
