/**
 * Does the next job cost more the more jobs were ever done, or the more are waiting? The time of one `claim`
 * in memory, with 0 and with 1 million finished jobs that are all kept, and with 1,000 and 200,000 pending.
 */
import { type Claim, toMs } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore } from "@wf/testing";
import { drain, QUEUE } from "../load.ts";
import type { Bench, Question } from "../question.ts";
import { median, percentile } from "../statistics.ts";

const HISTORY = 1_000_000;
const DEPTHS = { shallow: 1_000, deep: 200_000 } as const;
const SAMPLES = 20_000;
const BATCH = 10_000;
const PAYLOAD = new Uint8Array(64);

export const question: Question = {
  asks: "claim latency by finished jobs and by pending jobs",
  async run(bench) {
    await using queue = await ObjectStoreQueue.open(new MemoryObjectStore(), {
      prefix: "queue",
      queues: { [QUEUE]: { doneRetention: toMs("1d") } },
    });
    await sample(queue, DEPTHS.shallow); // warms up
    const none = await measure(bench, queue, "no history");
    for (let done = 0; done < HISTORY; done += BATCH) {
      await fill(queue, BATCH);
      await drain(queue, BATCH);
    }
    const full = await measure(bench, queue, "1 million done");
    const medians = [...none, ...full];
    const ratio = Math.max(...medians) / Math.min(...medians);
    bench.figure("slowest median over fastest", ratio, "×");
  },
};

async function measure(bench: Bench, queue: ObjectStoreQueue, history: string): Promise<number[]> {
  const medians: number[] = [];
  for (const [name, depth] of Object.entries(DEPTHS)) {
    const micros = await sample(queue, depth);
    medians.push(median(micros));
    bench.figure(`${history}, ${name}`, median(micros), "µs");
    bench.figure(`${history}, ${name}, p99`, percentile(micros, 99), "µs");
    bench.figure(`${history}, ${name}, max`, Math.max(...micros), "µs");
  }
  return medians;
}

/** Microseconds of each claim. The depth is kept: a job comes for each that is claimed. */
async function sample(queue: ObjectStoreQueue, depth: number): Promise<number[]> {
  await fill(queue, depth);
  const micros: number[] = [];
  for (let index = 0; index < SAMPLES; index++) {
    const start = performance.now();
    const claims = await queue.claim(QUEUE);
    micros.push((performance.now() - start) * 1_000);
    await Promise.all([queue.ack(claims[0] as Claim), queue.enqueue(QUEUE, PAYLOAD)]);
  }
  await drain(queue, BATCH);
  return micros;
}

async function fill(queue: ObjectStoreQueue, jobs: number): Promise<void> {
  for (let left = jobs; left > 0; left -= BATCH) {
    const batch = Array.from({ length: Math.min(left, BATCH) }, () => ({
      queue: QUEUE,
      payload: PAYLOAD,
    }));
    await queue.enqueueMany(batch);
  }
}
