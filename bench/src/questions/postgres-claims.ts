/**
 * Does a claim on PostgreSQL cost more the more jobs are waiting, or were ever done? The time of one `claim`, with
 * 1,000 and 200,000 pending, without a history and with 200,000 finished jobs that are kept.
 */
import type { Claim, Queue } from "@wf/core";
import { inParallel, QUEUE } from "../load.ts";
import { openPostgres } from "../open-postgres.ts";
import type { Bench, Question } from "../question.ts";
import { median, percentile } from "../statistics.ts";

const MANY = 200_000;
const DEPTHS = { shallow: 1_000, deep: MANY } as const;
const SAMPLES = 1_000;
const BATCH = 1_000;
const PAYLOAD = new Uint8Array(64);

export const question: Question = {
  asks: "claim latency on PostgreSQL by finished jobs and by pending jobs",
  async run(bench) {
    await using opened = await openPostgres(bench.queueUrl, { [QUEUE]: { doneRetention: "1d" } });
    await measure(bench, opened.queue, "no history");
    await fill(opened.queue, MANY);
    await drain(opened.queue);
    await measure(bench, opened.queue, "200,000 done");
  },
};

async function measure(bench: Bench, queue: Queue, history: string): Promise<void> {
  for (const [name, depth] of Object.entries(DEPTHS)) {
    await fill(queue, depth);
    const millis: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = performance.now();
      const claims = await queue.claim(QUEUE);
      millis.push(performance.now() - start);
      await Promise.all([queue.ack(claims[0] as Claim), queue.enqueue(QUEUE, PAYLOAD)]);
    }
    bench.figure(`${history}, ${name}`, median(millis), "ms");
    bench.figure(`${history}, ${name}, p99`, percentile(millis, 99), "ms");
    await drain(queue);
  }
}

async function fill(queue: Queue, jobs: number): Promise<void> {
  const requests = Array.from({ length: BATCH }, () => ({ queue: QUEUE, payload: PAYLOAD }));
  await inParallel(jobs / BATCH, 4, () => queue.enqueueMany(requests));
}

async function drain(queue: Queue): Promise<void> {
  for (;;) {
    const claims = await queue.claim(QUEUE, { max: BATCH });
    if (claims.length === 0) return;
    await Promise.all(claims.map((claim) => queue.ack(claim)));
  }
}
