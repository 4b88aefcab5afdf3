import assert from "node:assert/strict";
import type { Claim } from "@wf/core";
import { assertCode, rejectsWith, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addMany,
  changesNothing,
  claimOne,
  countsOf,
  JOBS,
  jobOf,
  kvNumber,
  outcomesOf,
  type QueueCase,
  range,
  stateOf,
} from "./queue-case.ts";

export const SETTLEMENT_CASES: readonly QueueCase[] = [
  {
    id: "queue-settle-001",
    title: "a job that is acknowledged is gone, and counted",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      assert.deepEqual(await queue.ack(claim), { enqueued: [], woken: [] });
      assert.equal(await stateOf(queue, claim.job.id), "gone");
      assert.deepEqual(await queue.inspect.attempts(claim.job.id), []);
      assert.deepEqual(await countsOf(queue), {
        pending: 0,
        scheduled: 0,
        claimed: 0,
        done: 1,
        dead: 0,
      });
    },
  },
  {
    id: "queue-settle-002",
    title: "with retention, a job that is acknowledged is kept as done, with its history",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      const claimedAt = queue.clock.now();
      await advance("10s");
      await queue.ack(claim);
      const job = await jobOf(queue, claim.job.id);
      assert.deepEqual([job.state, job.attempts, job.completedAt], ["done", 1, queue.clock.now()]);
      assert.deepEqual(await queue.inspect.attempts(job.id), [
        {
          attempt: 1,
          claimedAt,
          recordedAt: queue.clock.now(),
          outcome: "completed",
          error: undefined,
        },
      ]);
    },
  },
  {
    id: "queue-settle-003",
    title: "a claim can be settled once, in whatever way",
    queues: { [JOBS]: { backoff: { base: 0 }, maxAttempts: 10 } },
    async run({ queue }) {
      const settlements = [
        (claim: Claim) => queue.ack(claim),
        (claim: Claim) => queue.deadLetter(claim, "reason"),
        (claim: Claim) => queue.nack(claim, "error"),
      ];
      for (const settle of settlements) {
        const claim = await addClaimed(queue);
        await settle(claim);
        for (const again of settlements) {
          await changesNothing(queue, () => rejectsWith("WF_CLAIM_LOST", () => again(claim)));
        }
      }
    },
  },
  {
    id: "queue-settle-004",
    title: "of many settlements of one claim at the same time exactly one is applied",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      const claim = await addClaimed(queue);
      const effects = () => ({ enqueue: [{ queue: "next", payload: text("next") }] });
      const { values, errors } = await outcomesOf<unknown>(
        range(12).map((index) => {
          if (index % 3 === 0) return queue.ack(claim, effects());
          if (index % 3 === 1) return queue.deadLetter(claim, "reason", effects());
          return queue.nack(claim, "error");
        }),
      );
      assert.equal(values.length, 1);
      for (const error of errors) assertCode(error, "WF_CLAIM_LOST");
      const { pending, claimed, done, dead } = await countsOf(queue);
      assert.deepEqual([pending + done + dead, claimed], [1, 0]);
      assert.equal((await countsOf(queue, "next")).pending, done + dead);
    },
  },
  {
    id: "queue-settle-005",
    title: "a nack with attempts left retries the job and records the error",
    queues: { [JOBS]: { backoff: { base: "10s", jitter: "none" } } },
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      const claimedAt = queue.clock.now();
      await advance("5s");
      assert.equal(await queue.nack(claim, "it broke"), "retried");
      const job = await jobOf(queue, claim.job.id);
      assert.deepEqual([job.state, job.attempts, job.lastError], ["scheduled", 1, "it broke"]);
      assert.equal(job.runAt, queue.clock.now() + 10_000);
      assert.deepEqual(await queue.inspect.attempts(job.id), [
        {
          attempt: 1,
          claimedAt,
          recordedAt: queue.clock.now(),
          outcome: "retried",
          error: "it broke",
        },
      ]);
      await advance("10s");
      const again = await claimOne(queue);
      assert.deepEqual([again.job.attempts, again.job.lastError], [2, "it broke"]);
    },
  },
  {
    id: "queue-settle-006",
    title: "a nack of the last attempt makes the job dead",
    queues: { [JOBS]: { backoff: { base: 0 }, maxAttempts: 2 } },
    async run({ queue }) {
      const first = await addClaimed(queue);
      assert.equal(await queue.nack(first, "first"), "retried");
      assert.equal(await queue.nack(await claimOne(queue), "second"), "dead");
      const job = await jobOf(queue, first.job.id);
      assert.deepEqual(
        [job.state, job.attempts, job.lastError, job.failedAt],
        ["dead", 2, "second", queue.clock.now()],
      );
      const history = await queue.inspect.attempts(job.id);
      assert.deepEqual(
        history.map(({ attempt, outcome, error }) => [attempt, outcome, error]),
        [
          [1, "retried", "first"],
          [2, "dead_lettered", "second"],
        ],
      );
      assert.deepEqual(await queue.claim(JOBS), []);
    },
  },
  {
    id: "queue-settle-007",
    title: "a job of one attempt is dead at its first nack",
    async run({ queue }) {
      const claim = await addClaimed(queue, { maxAttempts: 1 });
      assert.equal(await queue.nack(claim, "error"), "dead");
      assert.equal(await stateOf(queue, claim.job.id), "dead");
    },
  },
  {
    id: "queue-settle-008",
    title: "deadLetter makes a job dead whatever attempts it has left, and does not use them up",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      assert.equal(await queue.deadLetter(claim, "hopeless"), undefined);
      const job = await jobOf(queue, claim.job.id);
      assert.deepEqual(
        [job.state, job.attempts, job.maxAttempts, job.lastError, job.failedAt],
        ["dead", 1, 3, "hopeless", queue.clock.now()],
      );
      const [ended] = await queue.inspect.attempts(job.id);
      assert.deepEqual(
        [ended?.attempt, ended?.outcome, ended?.error],
        [1, "dead_lettered", "hopeless"],
      );
    },
  },
  {
    id: "queue-settle-009",
    title: "an error of any text can be recorded",
    queues: { [JOBS]: { backoff: { base: 0 }, maxAttempts: 100 } },
    async run({ queue }) {
      await add(queue);
      for (const error of ["", "ü€😀\0\n", "half a pair \ud800", "x".repeat(1_000_000)]) {
        await queue.nack(await claimOne(queue), error);
      }
      const claim = await claimOne(queue);
      assert.equal(claim.job.attempts, 5);
      await queue.deadLetter(claim, "\udc00");
    },
  },
  {
    id: "queue-settle-010",
    title: "claims of one batch are settled each by itself",
    queues: { [JOBS]: { backoff: { base: "1m", jitter: "none" } } },
    async run({ queue, advance }) {
      await addMany(queue, 4);
      const [acked, nacked, dead] = await queue.claim(JOBS, { max: 4 });
      await queue.ack(acked!);
      await queue.nack(nacked!, "error");
      await queue.deadLetter(dead!, "reason");
      assert.deepEqual(await countsOf(queue), {
        pending: 0,
        scheduled: 1,
        claimed: 1,
        done: 1,
        dead: 1,
      });
      await advance("31s");
      assert.equal((await countsOf(queue)).pending, 1);
    },
  },
  {
    id: "queue-settle-011",
    title: "a settled job does not come back when its lease would have ended",
    async run({ queue, advance }) {
      const acked = await addClaimed(queue, { id: "same" });
      await queue.ack(acked);
      const dead = await addClaimed(queue);
      await queue.deadLetter(dead, "reason");
      await add(queue, "second", { id: "same", delay: "1h" });
      await advance("2m");
      assert.equal(await stateOf(queue, "same"), "scheduled");
      assert.equal(await stateOf(queue, dead.job.id), "dead");
    },
  },
  {
    id: "queue-settle-012",
    title: "settlements of different claims at the same time are all applied",
    async run({ queue }) {
      await addMany(queue, 100);
      const claims = await queue.claim(JOBS, { max: 100 });
      await Promise.all(
        claims.map((claim, index) => queue.ack(claim, { put: { [`${index}`]: text("1") } })),
      );
      let sum = 0;
      for (const index of range(100)) sum += await kvNumber(queue, `${index}`);
      assert.equal(sum, 100);
      assert.equal((await countsOf(queue)).done, 100);
    },
  },
  {
    id: "queue-settle-013",
    title: "an acknowledged job keeps its count when its record is gone",
    async run({ queue }) {
      for (let round = 0; round < 3; round++) await queue.ack(await addClaimed(queue));
      assert.equal((await countsOf(queue)).done, 3);
      assert.equal((await countsOf(queue, "other")).done, 0);
    },
  },
];
