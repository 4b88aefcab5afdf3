import assert from "node:assert/strict";
import { WfError } from "@wf/core";
import { assertCode, rejectsWith, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addMany,
  changesNothing,
  claimOne,
  countsOf,
  DEFAULT_LEASE_MS,
  JOBS,
  jobOf,
  kvText,
  LEASE_MARGIN_MS,
  outcomesOf,
  type QueueCase,
  range,
  stateOf,
} from "./queue-case.ts";

/** More than enough for a lease to be over. */
const SLACK_MS = 1_000;

export const LEASE_CASES: readonly QueueCase[] = [
  {
    id: "queue-lease-001",
    title: "a job is pending again when its lease has run out, and not before",
    async run({ queue, advance }) {
      const { job } = await addClaimed(queue);
      await advance(DEFAULT_LEASE_MS - 1);
      assert.equal(await stateOf(queue, job.id), "claimed");
      assert.deepEqual(await queue.claim(JOBS), []);
      await advance(1 + SLACK_MS);
      assert.equal(await stateOf(queue, job.id), "pending");
    },
  },
  {
    id: "queue-lease-002",
    title: "a delivery whose lease ran out is in the history, and the next one counts on",
    async run({ queue, advance }) {
      const first = await addClaimed(queue);
      const claimedAt = queue.clock.now();
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      const [ended, ...more] = await queue.inspect.attempts(first.job.id);
      assert.deepEqual(more, []);
      assert.deepEqual(
        [ended?.attempt, ended?.claimedAt, ended?.outcome, ended?.error],
        [1, claimedAt, "lease_expired", undefined],
      );
      const second = await claimOne(queue);
      assert.deepEqual([second.job.id, second.job.attempts], [first.job.id, 2]);
      assert.notEqual(second.token, first.token);
    },
  },
  {
    id: "queue-lease-003",
    title: "a claim whose job was taken back cannot be settled, and its effects are not applied",
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      const effects = { put: { key: text("no") } };
      await changesNothing(queue, async () => {
        await rejectsWith("WF_CLAIM_LOST", () => queue.ack(claim, effects));
        await rejectsWith("WF_CLAIM_LOST", () => queue.nack(claim, "no", { onDead: effects }));
        await rejectsWith("WF_CLAIM_LOST", () => queue.deadLetter(claim, "no", effects));
      });
    },
  },
  {
    id: "queue-lease-004",
    title: "a lost claim does not disturb the delivery that followed it",
    async run({ queue, advance }) {
      const lost = await addClaimed(queue);
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      const current = await claimOne(queue);
      await rejectsWith("WF_CLAIM_LOST", () => queue.ack(lost, { put: { key: text("lost") } }));
      await rejectsWith("WF_CLAIM_LOST", () => lost.ensureLease("1h"));
      assert.equal(await stateOf(queue, lost.job.id), "claimed");
      await queue.ack(current, { put: { key: text("current") } });
      assert.equal(await kvText(queue, "key"), "current");
    },
  },
  {
    id: "queue-lease-005",
    title: "the abort signal of a claim fires when its lease is lost, with that as its reason",
    async run({ queue, advance }) {
      const watched = await addClaimed(queue);
      const unwatched = await addClaimed(queue);
      let fired = 0;
      watched.abortSignal.addEventListener("abort", () => fired++);
      await advance(DEFAULT_LEASE_MS - 1);
      assert.equal(watched.abortSignal.aborted, false);
      await advance(1 + SLACK_MS);
      assert.equal(fired, 1);
      assertCode(watched.abortSignal.reason, "WF_CLAIM_LOST");
      assertCode(unwatched.abortSignal.reason, "WF_CLAIM_LOST");
    },
  },
  {
    id: "queue-lease-006",
    title: "ensureLease makes the lease last what is asked for and 5 s more, from now",
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      await advance("20s");
      await claim.ensureLease("1m");
      const expiresAt = queue.clock.now() + 60_000 + LEASE_MARGIN_MS;
      assert.equal(claim.leaseExpiresAt, expiresAt);
      await advance(60_000 + LEASE_MARGIN_MS - 1);
      assert.equal(await stateOf(queue, claim.job.id), "claimed");
      await advance(1 + SLACK_MS);
      assert.equal(await stateOf(queue, claim.job.id), "pending");
    },
  },
  {
    id: "queue-lease-007",
    title: "ensureLease never shortens a lease",
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      const { leaseExpiresAt } = claim;
      await claim.ensureLease(0);
      await claim.ensureLease(leaseExpiresAt - queue.clock.now() - LEASE_MARGIN_MS);
      assert.equal(claim.leaseExpiresAt, leaseExpiresAt);
      await advance(DEFAULT_LEASE_MS - 1);
      assert.equal(await stateOf(queue, claim.job.id), "claimed");
    },
  },
  {
    id: "queue-lease-008",
    title: "ensureLease may be repeated for as long as the handler runs",
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      for (let round = 0; round < 20; round++) {
        await advance("29s");
        await claim.ensureLease("25s");
      }
      assert.equal(claim.abortSignal.aborted, false);
      await queue.ack(claim);
      assert.equal((await countsOf(queue)).done, 1);
    },
  },
  {
    id: "queue-lease-009",
    title: "ensureLease fails on a claim that is settled or lost",
    async run({ queue, advance }) {
      const settled = await addClaimed(queue);
      await queue.ack(settled);
      const lost = await addClaimed(queue);
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      await rejectsWith("WF_CLAIM_LOST", () => settled.ensureLease("1m"));
      await rejectsWith("WF_CLAIM_LOST", () => lost.ensureLease("1m"));
      await claimOne(queue);
    },
  },
  {
    id: "queue-lease-010",
    title: "a settlement as the lease ends is whole or lost, never both",
    async run({ queue, advance }) {
      const ids = await addMany(queue, 20);
      const claims = await queue.claim(JOBS, { max: 20 });
      const settled: string[] = [];
      const settlements = claims.map(async (claim, index) => {
        if (index % 2 === 0) await queue.clock.sleep(DEFAULT_LEASE_MS);
        else await queue.clock.sleep(DEFAULT_LEASE_MS - 1);
        await queue.ack(claim, { put: { [claim.job.id]: text("acked") } });
        settled.push(claim.job.id);
      });
      const outcome = outcomesOf(settlements);
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      for (const error of (await outcome).errors) assertCode(error, "WF_CLAIM_LOST");
      assert.ok(settled.length >= 10, `${settled.length} were settled in time`);
      for (const id of ids) {
        const acked = settled.includes(id);
        assert.equal(await kvText(queue, id), acked ? "acked" : undefined);
        assert.equal(await stateOf(queue, id), acked ? "gone" : "pending");
      }
    },
  },
  {
    id: "queue-lease-011",
    title: "a job whose last lease runs out is dead and says why",
    queues: { [JOBS]: { maxAttempts: 2 } },
    async run({ queue, advance }) {
      const { job } = await addClaimed(queue);
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      await claimOne(queue);
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      const dead = await jobOf(queue, job.id);
      assert.deepEqual([dead.state, dead.attempts], ["dead", 2]);
      assert.match(dead.lastError ?? "", /lease/);
      assert.ok(dead.failedAt !== undefined && dead.failedAt <= queue.clock.now());
      const history = await queue.inspect.attempts(job.id);
      assert.deepEqual(
        history.map(({ attempt, outcome }) => [attempt, outcome]),
        [
          [1, "lease_expired"],
          [2, "dead_lettered"],
        ],
      );
      assert.deepEqual(await queue.claim(JOBS), []);
    },
  },
  {
    id: "queue-lease-012",
    title: "leases of different lengths end each at its own time",
    async run({ queue, advance }) {
      await addMany(queue, 30);
      for (const index of range(30)) {
        await claimOne(queue, { lease: `${(index % 6) * 10 + 10}s` });
      }
      for (const round of range(6)) {
        await advance("9s");
        assert.equal((await countsOf(queue)).claimed, 30 - round * 5);
        await advance("1s");
        assert.equal((await countsOf(queue)).claimed, 25 - round * 5);
      }
    },
  },
  {
    id: "queue-lease-013",
    title: "a job that comes back keeps what it was enqueued with",
    async run({ queue, advance }) {
      const options = { headers: { name: "value" }, priority: 3, maxAttempts: 7 };
      const before = (await addClaimed(queue, options)).job;
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      const { job } = await claimOne(queue);
      assert.deepEqual(
        { ...job, attempts: 1, claimedAt: before.claimedAt, runAt: before.runAt },
        { ...before },
      );
    },
  },
  {
    id: "queue-lease-014",
    title: "a lease that is kept alive is not lost to the others that end around it",
    async run({ queue, advance }) {
      await addMany(queue, 10);
      const claims = await queue.claim(JOBS, { max: 10 });
      const [kept] = claims;
      await kept?.ensureLease("5m");
      await advance(DEFAULT_LEASE_MS + SLACK_MS);
      assert.deepEqual(
        claims.map(({ abortSignal }) => WfError.is(abortSignal.reason, "WF_CLAIM_LOST")),
        range(10).map((index) => index !== 0),
      );
      await queue.ack(kept!);
      await add(queue);
      assert.equal((await queue.claim(JOBS, { max: 20 })).length, 10);
    },
  },
];
