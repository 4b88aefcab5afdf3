import assert from "node:assert/strict";
import type { EnqueueOptions, Queue } from "@wf/core";
import {
  add,
  addClaimed,
  addMany,
  claimOne,
  idsOf,
  JOBS,
  jobOf,
  type QueueCase,
  type QueueWorld,
  stateOf,
} from "./queue-case.ts";

const EXACT = { base: "1s", jitter: "none" } as const;

/** Fails a job so many times and removes it; gives the wait after each failure. */
async function waitsOf(
  { queue, advance }: QueueWorld,
  times: number,
  options: EnqueueOptions = {},
): Promise<number[]> {
  const id = await add(queue, "job", { maxAttempts: 1_000, ...options });
  const waits: number[] = [];
  for (let attempt = 1; attempt <= times; attempt++) {
    const claim = await claimOne(queue);
    assert.deepEqual([claim.job.id, claim.job.attempts], [id, attempt]);
    await queue.nack(claim, "failed");
    waits.push(await waitOf(queue, id));
    await advance(waits.at(-1) as number);
  }
  await queue.cancel(id);
  return waits;
}

/** How long a job that was nacked now has to wait. */
async function waitOf(queue: Queue, id: string): Promise<number> {
  const job = await jobOf(queue, id);
  return job.state === "pending" ? 0 : (job.runAt as number) - queue.clock.now();
}

export const RETRY_CASES: readonly QueueCase[] = [
  {
    id: "queue-retry-001",
    title: "the backoff starts with its base and doubles with each failure",
    queues: { [JOBS]: { backoff: EXACT } },
    async run(world) {
      assert.deepEqual(await waitsOf(world, 5), [1_000, 2_000, 4_000, 8_000, 16_000]);
    },
  },
  {
    id: "queue-retry-002",
    title: "the backoff stays at its cap, however many failures there were",
    queues: { [JOBS]: { backoff: { ...EXACT, cap: "5s" } } },
    async run(world) {
      const waits = await waitsOf(world, 70);
      assert.deepEqual(waits.slice(0, 4), [1_000, 2_000, 4_000, 5_000]);
      assert.ok(waits.slice(4).every((wait) => wait === 5_000));
    },
  },
  {
    id: "queue-retry-003",
    title: "a job waits out its backoff as scheduled",
    queues: { [JOBS]: { backoff: EXACT } },
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      await queue.nack(claim, "failed");
      await advance(999);
      assert.equal(await stateOf(queue, claim.job.id), "scheduled");
      assert.deepEqual(await queue.claim(JOBS), []);
      await advance(1);
      assert.equal((await claimOne(queue)).job.id, claim.job.id);
    },
  },
  {
    id: "queue-retry-004",
    title: "without settings the waits lie within 1 s, doubled each time",
    async run(world) {
      const waits = await waitsOf(world, 8);
      for (const [index, wait] of waits.entries()) {
        assert.ok(wait >= 0 && wait <= 1_000 * 2 ** index, `wait ${index + 1} is ${wait} ms`);
      }
    },
  },
  {
    id: "queue-retry-005",
    title: "without settings the cap is 300 s",
    async run({ queue, advance }) {
      const claim = await addClaimed(queue, { backoff: { jitter: "none" }, maxAttempts: 1_000 });
      await queue.nack(claim, "failed");
      for (let attempt = 2; attempt <= 12; attempt++) {
        await advance("300s");
        await queue.nack(await claimOne(queue), "failed");
      }
      assert.equal(await waitOf(queue, claim.job.id), 300_000);
    },
  },
  {
    id: "queue-retry-006",
    title: "full jitter spreads the waits between 0 and the doubled base",
    queues: { [JOBS]: { backoff: { base: "10s", jitter: "full" } } },
    async run({ queue }) {
      const ids = await addMany(queue, 100);
      for (const claim of await queue.claim(JOBS, { max: 100 })) await queue.nack(claim, "failed");
      const waits = await Promise.all(ids.map((id) => waitOf(queue, id)));
      assert.ok(Math.min(...waits) >= 0 && Math.max(...waits) <= 10_000);
      // By chance, one of these fails once in 10^9 runs.
      assert.ok(Math.min(...waits) < 2_000, `the shortest is ${Math.min(...waits)}`);
      assert.ok(Math.max(...waits) > 8_000, `the longest is ${Math.max(...waits)}`);
    },
  },
  {
    id: "queue-retry-007",
    title: "a base of 0 retries at once, each time",
    queues: { [JOBS]: { backoff: { base: 0, cap: "1h" } } },
    async run(world) {
      assert.deepEqual(await waitsOf(world, 10), Array(10).fill(0));
    },
  },
  {
    id: "queue-retry-008",
    title: "retryAfter takes the place of the backoff, its cap included",
    queues: { [JOBS]: { backoff: { ...EXACT, cap: "5s" } } },
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      assert.equal(await queue.nack(claim, "failed", { retryAfter: "1h" }), "retried");
      assert.equal(await waitOf(queue, claim.job.id), 3_600_000);
      await advance("1h");
      await queue.nack(await claimOne(queue), "failed", { retryAfter: 7 });
      assert.equal(await waitOf(queue, claim.job.id), 7);
    },
  },
  {
    id: "queue-retry-009",
    title: "a retryAfter of 0 retries at once",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.nack(claim, "failed", { retryAfter: 0 });
      assert.equal((await claimOne(queue)).job.attempts, 2);
    },
  },
  {
    id: "queue-retry-010",
    title: "a retryAfter does not give a job more attempts",
    async run({ queue }) {
      const claim = await addClaimed(queue, { maxAttempts: 1 });
      assert.equal(await queue.nack(claim, "failed", { retryAfter: "1s" }), "dead");
    },
  },
  {
    id: "queue-retry-011",
    title: "a job's own backoff goes before its queue's, field by field",
    queues: { [JOBS]: { backoff: { ...EXACT, cap: "6s" } } },
    async run(world) {
      assert.deepEqual(await waitsOf(world, 3, { backoff: { base: "3s" } }), [3_000, 6_000, 6_000]);
      assert.deepEqual(await waitsOf(world, 3, { backoff: { cap: "3s" } }), [1_000, 2_000, 3_000]);
    },
  },
  {
    id: "queue-retry-012",
    title: "a delivery that the lease ended counts towards the backoff of the next failure",
    queues: { [JOBS]: { backoff: EXACT } },
    async run({ queue, advance }) {
      const { job } = await addClaimed(queue);
      await advance("31s");
      await queue.nack(await claimOne(queue), "failed");
      assert.equal(await waitOf(queue, job.id), 2_000);
    },
  },
  {
    id: "queue-retry-013",
    title: "a retried job keeps what it was enqueued with, and its place among the others",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      const claim = await addClaimed(queue, { headers: { name: "value" }, priority: 5 });
      const later = await add(queue, "later", { priority: 5 });
      const before = claim.job;
      await queue.nack(claim, "failed");
      const claims = await queue.claim(JOBS, { max: 2 });
      assert.deepEqual(idsOf(claims), [before.id, later]);
      assert.deepEqual(
        { ...claims[0]?.job, attempts: 1, lastError: undefined, runAt: undefined },
        { ...before },
      );
    },
  },
];
