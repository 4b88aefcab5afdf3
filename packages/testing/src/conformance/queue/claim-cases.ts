import assert from "node:assert/strict";
import { assertBody, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addMany,
  claimOne,
  DEFAULT_LEASE_MS,
  idsOf,
  JOBS,
  jobOf,
  type QueueCase,
  range,
  textOf,
} from "./queue-case.ts";

export const CLAIM_CASES: readonly QueueCase[] = [
  {
    id: "queue-claim-001",
    title: "a queue with nothing pending gives nothing",
    async run({ queue }) {
      assert.deepEqual(await queue.claim("never used"), []);
      await add(queue, "later", { delay: "1h" });
      assert.deepEqual(await queue.claim(JOBS, { max: 10 }), []);
    },
  },
  {
    id: "queue-claim-002",
    title: "a claim carries the job as claimed, a token, and a lease of the default length",
    async run({ queue, advance }) {
      const id = await add(queue, "payload", { headers: { name: "value" } });
      await advance("1m");
      const { job, token, leaseExpiresAt, abortSignal } = await claimOne(queue);
      const now = queue.clock.now();
      assert.deepEqual(
        [job.id, job.queue, job.state, job.attempts, job.claimedAt],
        [id, JOBS, "claimed", 1, now],
      );
      assertBody(job.payload, text("payload"));
      assert.deepEqual({ ...job.headers }, { name: "value" });
      assert.ok(token.length > 0);
      assert.equal(leaseExpiresAt, now + DEFAULT_LEASE_MS);
      assert.equal(abortSignal.aborted, false);
      const { state, attempts } = await jobOf(queue, id);
      assert.deepEqual([state, attempts], ["claimed", 1]);
    },
  },
  {
    id: "queue-claim-003",
    title: "max takes up to so many jobs, in order, and what there is of fewer",
    async run({ queue }) {
      const ids = await addMany(queue, 7);
      assert.deepEqual(idsOf(await queue.claim(JOBS, { max: 3 })), ids.slice(0, 3));
      assert.deepEqual(idsOf(await queue.claim(JOBS)), ids.slice(3, 4));
      assert.deepEqual(idsOf(await queue.claim(JOBS, { max: 10_000 })), ids.slice(4));
    },
  },
  {
    id: "queue-claim-004",
    title: "a job that is claimed is not given out again, and every delivery has its own token",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      await addMany(queue, 3);
      const claims = await queue.claim(JOBS, { max: 3 });
      assert.deepEqual(await queue.claim(JOBS, { max: 3 }), []);
      await Promise.all(claims.map((claim) => queue.nack(claim, "failed")));
      claims.push(...(await queue.claim(JOBS, { max: 3 })));
      assert.equal(new Set(claims.map(({ token }) => token)).size, 6);
    },
  },
  {
    id: "queue-claim-005",
    title: "equals in priority are taken in the byte order of their ids",
    async run({ queue }) {
      const ids = ["b", "a", "ab", "Z", "_", "-", "0", "10", "9", "a-", "aB", "a_"];
      for (const id of ids) await add(queue, id, { id });
      const claims = await queue.claim(JOBS, { max: 100 });
      assert.deepEqual(idsOf(claims), ids.toSorted());
    },
  },
  {
    id: "queue-claim-006",
    title: "a queue's lease holds where the claim names none",
    queues: { [JOBS]: { lease: "2m" } },
    async run({ queue }) {
      const now = queue.clock.now();
      assert.equal((await addClaimed(queue)).leaseExpiresAt, now + 120_000);
      await add(queue);
      assert.equal((await claimOne(queue, { lease: "1s" })).leaseExpiresAt, now + 1_000);
      await queue.enqueue("other", text("job"));
      const [other] = await queue.claim("other");
      assert.equal(other?.leaseExpiresAt, now + DEFAULT_LEASE_MS);
    },
  },
  {
    id: "queue-claim-007",
    title: "what a handler does to the bytes it was given reaches nobody else",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      const claim = await addClaimed(queue);
      claim.job.payload.fill(0);
      const read = await jobOf(queue, claim.job.id);
      assertBody(read.payload, text("job"));
      read.payload.fill(0);
      await queue.nack(claim, "failed");
      assertBody((await claimOne(queue)).job.payload, text("job"));
    },
  },
  {
    id: "queue-claim-008",
    title: "among many who claim at the same time, each job is delivered exactly once",
    async run({ queue }) {
      const ids = await addMany(queue, 80);
      const batches = await Promise.all(
        range(40).map((index) => queue.claim(JOBS, { max: (index % 4) + 1 })),
      );
      batches.push(await queue.claim(JOBS, { max: 1_000 }));
      assert.deepEqual(idsOf(batches.flat()).sort(), ids);
    },
  },
  {
    id: "queue-claim-009",
    title: "workers that claim, fail and acknowledge side by side do every job exactly once",
    queues: { [JOBS]: { backoff: { base: 0 }, maxAttempts: 10 } },
    async run({ queue }) {
      const ids = await addMany(queue, 60);
      const done: string[] = [];
      await Promise.all(
        range(8).map(async (worker) => {
          for (let claims = await queue.claim(JOBS, { max: 3 }); claims.length > 0; ) {
            for (const [index, claim] of claims.entries()) {
              if (claim.job.attempts === 1 && (worker + index) % 3 === 0) {
                await queue.nack(claim, "failed");
              } else {
                await queue.ack(claim);
                done.push(claim.job.id);
              }
            }
            claims = await queue.claim(JOBS, { max: 3 });
          }
        }),
      );
      for (const claim of await queue.claim(JOBS, { max: 100 })) {
        await queue.ack(claim);
        done.push(claim.job.id);
      }
      assert.deepEqual(done.toSorted(), ids);
      assert.equal((await queue.inspect.stats(JOBS)).done, 60);
    },
  },
  {
    id: "queue-claim-010",
    title: "jobs enqueued while others are claimed are not skipped",
    async run({ queue }) {
      await add(queue, "middle", { priority: 5 });
      await claimOne(queue);
      await add(queue, "first", { priority: 1 });
      await add(queue, "last", { priority: 9 });
      const order = [await claimOne(queue), await claimOne(queue)];
      assert.deepEqual(
        order.map(({ job }) => textOf(job.payload)),
        ["first", "last"],
      );
    },
  },
];
