/**
 * How many bytes and requests does a job cost the store, by the size of its payload, snapshots included? Once
 * as a stream, with 64 producers and workers, and once as a backlog that is enqueued whole and then worked off.
 * The bytes written are compared with those of the payloads.
 */
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { CountingObjectStore, MemoryObjectStore, type RequestCounts } from "@wf/testing";
import { drain, produce, pushThrough } from "../load.ts";
import type { Bench, Question } from "../question.ts";
import { completesSnapshot } from "../snapshot-key.ts";

const KIB = 1_024;
const CALLERS = 64;
/** Jobs by the size of their payload, so many that there would be snapshots among them. */
const SIZES: readonly (readonly [name: string, bytes: number, jobs: number])[] = [
  ["64 B", 64, 200_000],
  ["1 KiB", KIB, 60_000],
  ["16 KiB", 16 * KIB, 8_000],
  ["256 KiB", 256 * KIB, 800],
];

export const question: Question = {
  asks: "bytes and requests a job by payload size, snapshots included",
  async run(bench) {
    for (const [size, bytes, jobs] of SIZES) {
      const payload = new Uint8Array(bytes);
      const load = { jobs, producers: CALLERS, workers: CALLERS, payload };
      const stream = await count((queue) => pushThrough(queue, load));
      report(bench, `${size}, stream`, bytes, jobs, stream);
      const backlog = await count(async (queue) => {
        await produce(queue, load);
        await drain(queue, CALLERS);
      });
      report(bench, `${size}, backlog`, bytes, jobs, backlog);
    }
  },
};

interface Counts extends RequestCounts {
  readonly snapshots: number;
}

/** Counts from before the opening to after the close. */
async function count(work: (queue: ObjectStoreQueue) => Promise<unknown>): Promise<Counts> {
  const snapshots = new CountingObjectStore(new MemoryObjectStore(), { only: completesSnapshot });
  const store = new CountingObjectStore(snapshots);
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  await work(queue);
  await queue.close();
  return { ...store.take(), snapshots: snapshots.take().puts };
}

function report(bench: Bench, name: string, bytes: number, jobs: number, counts: Counts): void {
  bench.figure(`${name}: written`, counts.bytesWritten / jobs / bytes, "× the payload");
  bench.figure(`${name}: overhead`, counts.bytesWritten / jobs - bytes, "bytes/job");
  bench.figure(`${name}: snapshots`, counts.snapshots, "");
  bench.figure(`${name}: requests`, counts.requests / jobs, "requests/job");
}
