/**
 * What do 1 million pending jobs of 64 bytes cost, on the file system: memory, the longest pause of the event
 * loop while they come, while others go on beside them and while a snapshot of them is taken, and the time to open
 * the queue again, after a crash and after a close?
 */
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Logger, silentLogger } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { inParallel, pushThrough, QUEUE } from "../load.ts";
import type { Question } from "../question.ts";
import { stopwatch } from "../stopwatch.ts";

const JOBS = 1_000_000;
/** Jobs of one `enqueueMany`: few enough that a call is no pause of its own. */
const BATCH = 100;
const MB = 1e6;
/** Makes the log long and the queue no larger, until a snapshot is due. */
const BALLAST = new Uint8Array(262_144);

interface Filled {
  readonly seconds: number;
  readonly mb: number;
  readonly filling: Pauses;
  readonly working: Pauses;
  readonly snapshotting: Pauses;
}

interface Pauses {
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Opened {
  readonly seconds: number;
  readonly mb: number;
  readonly pending: number;
}

export const question: Question = {
  asks: "1 million pending jobs: memory, pauses, time to open again",
  parts: { fill, open },
  async run(bench) {
    const root = join(bench.directory, "store");
    const filled = await bench.fresh<Filled>("fill", root);
    bench.figure("enqueued, 100 at once", JOBS / filled.seconds, "jobs/s");
    bench.figure("resident", filled.mb, "MB");
    for (const [name, { p99Ms, maxMs }] of [
      ["while filling", filled.filling],
      ["while 50,000 others pass", filled.working],
      ["while a snapshot is taken", filled.snapshotting],
    ] as const) {
      bench.figure(`event loop delay ${name}, p99`, p99Ms, "ms");
      bench.figure(`event loop delay ${name}, max`, maxMs, "ms");
    }
    for (const after of ["a crash", "a close"]) {
      const opened = await bench.fresh<Opened>("open", root);
      if (opened.pending !== JOBS) throw new Error(`${opened.pending} jobs after ${after}`);
      bench.figure(`reopened after ${after}`, opened.seconds, "s");
      bench.figure(`resident after ${after}`, opened.mb, "MB");
    }
  },
};

/** Fills the queue, lets others go through it, and leaves without closing it. */
async function fill(root: string): Promise<Filled> {
  const store = new FileSystemObjectStore({ root });
  let snapshots = 0;
  const logger: Logger = {
    ...silentLogger,
    info: (_, message) => {
      if (message === "snapshot taken") snapshots++;
    },
  };
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue", logger });
  const taken = stopwatch();
  const filling = await pausesOf(() =>
    inParallel(JOBS / BATCH, 64, () =>
      queue.enqueueMany(
        Array.from({ length: BATCH }, () => ({ queue: QUEUE, payload: new Uint8Array(64) })),
      ),
    ),
  );
  const { seconds } = taken();
  const mb = process.memoryUsage().rss / MB;
  const others = {
    jobs: 50_000,
    producers: 64,
    workers: 64,
    payload: new Uint8Array(64),
    queueName: "others",
  };
  const working = await pausesOf(() => pushThrough(queue, others));
  const before = snapshots;
  const snapshotting = await pausesOf(async () => {
    while (snapshots === before) await queue.kv.put("ballast", BALLAST);
  });
  return { seconds, mb, filling, working, snapshotting };
}

async function open(root: string): Promise<Opened> {
  const taken = stopwatch();
  const store = new FileSystemObjectStore({ root });
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  const { seconds } = taken();
  const mb = process.memoryUsage().rss / MB;
  const { pending } = await queue.inspect.stats(QUEUE);
  await queue.close();
  return { seconds, mb, pending };
}

async function pausesOf(action: () => Promise<unknown>): Promise<Pauses> {
  const resolutionMs = 1;
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  await action();
  histogram.disable();
  // The histogram holds the whole time between two looks, of which the resolution is no delay.
  const delayMs = (nanoseconds: number) => nanoseconds / 1e6 - resolutionMs;
  return {
    p99Ms: delayMs(histogram.percentile(99)),
    maxMs: delayMs(histogram.max),
  };
}
