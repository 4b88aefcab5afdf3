/**
 * How long does a queue take to open after a crash, by the length of its log? On the file system after 10,000,
 * 100,000 and 500,000 jobs that came and went; and on a store that takes 30 ms a request, after 100 and 2,000
 * jobs that came one by one, each in a segment of its own.
 */
import { join } from "node:path";
import type { ObjectStore } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { CountingObjectStore, MemoryObjectStore } from "@wf/testing";
import { DelayedObjectStore } from "../delayed-object-store.ts";
import { drain, pushThrough, QUEUE } from "../load.ts";
import type { Question } from "../question.ts";
import { stopwatch } from "../stopwatch.ts";

const PAYLOAD = new Uint8Array(64);

interface Opening {
  readonly milliseconds: number;
  readonly requests: number;
  readonly bytesRead: number;
}

export const question: Question = {
  asks: "time to open after a crash by log length",
  parts: { write, open },
  async run(bench) {
    for (const jobs of [10_000, 100_000, 500_000]) {
      const root = join(bench.directory, `${jobs}`);
      await bench.fresh("write", { root, jobs });
      const opening = await bench.fresh<Opening>("open", root);
      const name = `filesystem, ${jobs.toLocaleString("en")} jobs`;
      bench.figure(name, opening.milliseconds, "ms");
      bench.figure(`${name}: requests`, opening.requests, "requests");
      bench.figure(`${name}: read`, opening.bytesRead / 1e6, "MB");
    }
    for (const jobs of [100, 2_000]) {
      const store = new MemoryObjectStore();
      const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
      for (let job = 0; job < jobs; job++) {
        await queue.enqueue(QUEUE, PAYLOAD);
        await drain(queue, 1);
      }
      const opening = await measureOpen(new DelayedObjectStore(store, () => 30));
      const name = `30 ms store, ${jobs.toLocaleString("en")} jobs one by one`;
      bench.figure(name, opening.milliseconds, "ms");
      bench.figure(`${name}: requests`, opening.requests, "requests");
    }
  },
};

/** Lets jobs go through and leaves without closing. */
async function write({ root, jobs }: { root: string; jobs: number }): Promise<void> {
  const queue = await ObjectStoreQueue.open(new FileSystemObjectStore({ root }), {
    prefix: "queue",
  });
  await pushThrough(queue, { jobs, producers: 1_000, workers: 1_000, payload: PAYLOAD });
}

function open(root: string): Promise<Opening> {
  return measureOpen(new FileSystemObjectStore({ root }));
}

async function measureOpen(store: ObjectStore): Promise<Opening> {
  const counting = new CountingObjectStore(store);
  const taken = stopwatch();
  await ObjectStoreQueue.open(counting, { prefix: "queue" });
  const { seconds } = taken();
  const counts = counting.take();
  return {
    milliseconds: seconds * 1_000,
    requests: counts.requests,
    bytesRead: counts.bytesRead,
  };
}
