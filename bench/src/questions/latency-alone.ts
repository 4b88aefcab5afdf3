/**
 * What does one job cost that is alone on the queue: the durable enqueue, and the way from the enqueue to the
 * durable acknowledgement? Each compared with what one write to the same store takes: in memory, on the file
 * system, and on a store that takes 30 ms.
 */
import { join } from "node:path";
import type { ObjectStore } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { MemoryObjectStore } from "@wf/testing";
import { DelayedObjectStore } from "../delayed-object-store.ts";
import { QUEUE } from "../load.ts";
import type { Bench, Question } from "../question.ts";
import { median, percentile } from "../statistics.ts";
import { millisecondsOf } from "../stopwatch.ts";

const PAYLOAD = new Uint8Array(64);

export const question: Question = {
  asks: "latency of one job alone, against one write to the store",
  async run(bench) {
    const disk = new FileSystemObjectStore({ root: join(bench.directory, "store") });
    const slow = new DelayedObjectStore(new MemoryObjectStore(), () => 30);
    await measure(bench, "memory", new MemoryObjectStore(), 2_000);
    await measure(bench, "filesystem", disk, 150);
    await measure(bench, "30 ms store", slow, 60);
  },
};

async function measure(
  bench: Bench,
  name: string,
  store: ObjectStore,
  samples: number,
): Promise<void> {
  await using queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  await jobAlone(queue);
  const writes: number[] = [];
  const enqueues: number[] = [];
  const wholes: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const key = `one-write/${sample}`;
    writes.push(await millisecondsOf(() => store.put(key, PAYLOAD, { ifAbsent: true })));
    const { enqueued, acked } = await jobAlone(queue);
    enqueues.push(enqueued);
    wholes.push(acked);
  }
  const write = median(writes);
  bench.figure(`${name}: one write`, write, "ms");
  bench.figure(`${name}: durable enqueue`, median(enqueues), "ms");
  bench.figure(`${name}: durable enqueue, p99`, percentile(enqueues, 99), "ms");
  bench.figure(`${name}: durable enqueue beyond one write`, median(enqueues) - write, "ms");
  bench.figure(`${name}: end to end`, median(wholes), "ms");
  bench.figure(`${name}: end to end, p99`, percentile(wholes, 99), "ms");
  bench.figure(`${name}: end to end beyond two writes`, median(wholes) - 2 * write, "ms");
}

/** Milliseconds from the call of `enqueue` to its answer, and to the answer of the worker's `ack`. */
async function jobAlone(queue: ObjectStoreQueue): Promise<{ enqueued: number; acked: number }> {
  const working = queue.claim(QUEUE, { wait: "1m" }).then(async ([claim]) => {
    if (claim === undefined) throw new Error("no job came within a minute");
    await queue.ack(claim);
    return performance.now();
  });
  const start = performance.now();
  await queue.enqueue(QUEUE, PAYLOAD);
  const enqueued = performance.now() - start;
  return { enqueued, acked: (await working) - start };
}
