import assert from "node:assert/strict";
import { text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  addMany,
  allPages,
  claimOne,
  countsOf,
  idsOf,
  JOBS,
  jobOf,
  listIds,
  type QueueCase,
  STATES,
  stateOf,
} from "./queue-case.ts";

const NOTHING = { pending: 0, scheduled: 0, claimed: 0, done: 0, dead: 0 };

export const INSPECTION_CASES: readonly QueueCase[] = [
  {
    id: "queue-inspect-001",
    title: "a job is found by its id in every state",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue }) {
      await queue.ack(await addClaimed(queue, { id: "done" }));
      await addDead(queue, { id: "dead" });
      await addClaimed(queue, { id: "claimed" });
      await add(queue, "job", { id: "scheduled", delay: "1h" });
      await add(queue, "job", { id: "pending" });
      for (const state of STATES) {
        assert.equal((await jobOf(queue, state)).state, state);
        assert.deepEqual(await listIds(queue, state), [state]);
        const [listed] = (await queue.inspect.listJobs(JOBS, state)).items;
        assert.deepEqual(listed, await jobOf(queue, state));
      }
      assert.equal(await queue.inspect.getJob("unknown"), undefined);
    },
  },
  {
    id: "queue-inspect-002",
    title: "pending jobs are listed in the order in which they would be claimed",
    async run({ queue }) {
      for (const priority of [5, 1, 1_000, 5, 2 ** 32 - 1, 0, 1]) {
        await add(queue, "job", { priority });
      }
      const listed = await listIds(queue, "pending", 2);
      assert.deepEqual(idsOf(await queue.claim(JOBS, { max: 100 })), listed);
    },
  },
  {
    id: "queue-inspect-003",
    title: "scheduled jobs are listed by the time at which they are due, and then by id",
    async run({ queue }) {
      const delays = { d: "3s", a: "1h", b: "1s", c: "10s", f: "1s", e: "1s" } as const;
      for (const [id, delay] of Object.entries(delays)) await add(queue, "job", { id, delay });
      for (const limit of [1, 2, 100]) {
        assert.deepEqual(await listIds(queue, "scheduled", limit), ["b", "e", "f", "d", "c", "a"]);
      }
    },
  },
  {
    id: "queue-inspect-004",
    title: "claimed and dead jobs are listed by id",
    async run({ queue }) {
      const ids = ["c", "a", "B", "_", "d-1", "d"];
      for (const id of ids) await addClaimed(queue, { id });
      for (const limit of [1, 4, 100]) {
        assert.deepEqual(await listIds(queue, "claimed", limit), ids.toSorted());
      }
      for (const id of ids) await addDead(queue, { id: `x${id}` });
      for (const limit of [1, 4, 100]) {
        const expected = ids.map((id) => `x${id}`).toSorted();
        assert.deepEqual(await listIds(queue, "dead", limit), expected);
      }
    },
  },
  {
    id: "queue-inspect-005",
    title: "done jobs are listed by the time of their completion",
    queues: { [JOBS]: { doneRetention: "7d" } },
    async run({ queue, advance }) {
      await addMany(queue, 6);
      const claims = await queue.claim(JOBS, { max: 6, lease: "1d" });
      const order = [3, 1, 5, 0, 4, 2];
      for (const index of order) {
        await advance("1m");
        await queue.ack(claims[index]!);
      }
      const expected = order.map((index) => claims[index]!.job.id);
      for (const limit of [1, 4, 100]) {
        assert.deepEqual(await listIds(queue, "done", limit), expected);
      }
    },
  },
  {
    id: "queue-inspect-006",
    title: "a page holds 100 jobs where no limit is given, and 1,000 at most",
    async run({ queue }) {
      const ids = await addMany(queue, 1_001);
      const first = await queue.inspect.listJobs(JOBS, "pending");
      assert.deepEqual(idsOf(first.items), ids.slice(0, 100));
      const largest = await queue.inspect.listJobs(JOBS, "pending", { limit: 1_000 });
      assert.equal(largest.items.length, 1_000);
      assert.deepEqual(await listIds(queue, "pending"), ids);
    },
  },
  {
    id: "queue-inspect-007",
    title: "a cursor stays valid when the job it points at has left the listing",
    queues: { [JOBS]: { doneRetention: "1h", deadRetention: "1h" } },
    async run({ queue, advance }) {
      for (const id of ["a", "b", "c"]) {
        await queue.ack(await addClaimed(queue, { id: `done-${id}` }));
        await addDead(queue, { id: `dead-${id}` });
        await advance("15m");
      }
      for (const id of ["a", "b", "c"]) await addClaimed(queue, { id: `claimed-${id}` });
      for (const id of ["a", "b", "c"]) {
        await add(queue, "job", { id: `pending-${id}` });
        await add(queue, "job", { id: `scheduled-${id}`, delay: "1h" });
      }
      const cursors = new Map<string, string | undefined>();
      for (const state of STATES) {
        const page = await queue.inspect.listJobs(JOBS, state, { limit: 1 });
        assert.deepEqual(idsOf(page.items), [`${state}-a`]);
        cursors.set(state, page.next);
      }
      await queue.cancel("pending-a");
      await queue.cancel("scheduled-a");
      // The first leases, dead and done jobs go by time; the rest is as it was.
      await advance("29s");
      assert.equal(await stateOf(queue, "done-a"), "done");
      for (const state of STATES) {
        const rest = await queue.inspect.listJobs(JOBS, state, { after: cursors.get(state) });
        assert.deepEqual(idsOf(rest.items), [`${state}-b`, `${state}-c`]);
      }
      await advance("16m");
      for (const state of ["done", "dead"] as const) {
        assert.equal(await stateOf(queue, `${state}-a`), "gone");
        const rest = await queue.inspect.listJobs(JOBS, state, { after: cursors.get(state) });
        assert.deepEqual(idsOf(rest.items), [`${state}-b`, `${state}-c`]);
      }
    },
  },
  {
    id: "queue-inspect-008",
    title: "jobs that stay during a walk over the pages are all seen, whatever comes and goes",
    async run({ queue }) {
      const ids = await addMany(queue, 30);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await queue.inspect.listJobs(JOBS, "pending", { after, limit: 3 });
        seen.push(...idsOf(page.items));
        after = page.next;
        const victim = seen.at(-1) as string;
        await queue.cancel(victim);
        await add(queue, "new", { priority: 1 });
      } while (after !== undefined);
      assert.equal(new Set(seen).size, seen.length);
      assert.deepEqual(
        seen.filter((id) => ids.includes(id)),
        ids,
      );
    },
  },
  {
    id: "queue-inspect-009",
    title: "counts follow a job through its states",
    async run({ queue, advance }) {
      await add(queue, "job", { delay: "1s", maxAttempts: 2, backoff: { base: 0 } });
      assert.deepEqual(await countsOf(queue), { ...NOTHING, scheduled: 1 });
      await advance("1s");
      assert.deepEqual(await countsOf(queue), { ...NOTHING, pending: 1 });
      const claim = await claimOne(queue);
      assert.deepEqual(await countsOf(queue), { ...NOTHING, claimed: 1 });
      await queue.nack(claim, "failed");
      assert.deepEqual(await countsOf(queue), { ...NOTHING, pending: 1 });
      await queue.nack(await claimOne(queue), "failed");
      assert.deepEqual(await countsOf(queue), { ...NOTHING, dead: 1 });
      await queue.requeueDead(claim.job.id);
      assert.deepEqual(await countsOf(queue), { ...NOTHING, pending: 1 });
      await queue.ack(await claimOne(queue));
      assert.deepEqual(await countsOf(queue), { ...NOTHING, done: 1 });
    },
  },
  {
    id: "queue-inspect-010",
    title: "an unknown queue has zeros, no age and empty listings",
    async run({ queue }) {
      await add(queue);
      const stats = await queue.inspect.stats("unknown");
      assert.deepEqual(stats, { ...NOTHING, oldestPendingAgeMs: undefined });
      for (const state of STATES) {
        const page = await queue.inspect.listJobs("unknown", state);
        assert.deepEqual(page, { items: [], next: undefined });
      }
      assert.deepEqual(await queue.inspect.attempts("unknown"), []);
    },
  },
  {
    id: "queue-inspect-011",
    title: "the oldest pending age counts from the enqueue of the job that waits longest",
    async run({ queue, advance }) {
      const age = async () => (await queue.inspect.stats(JOBS)).oldestPendingAgeMs;
      assert.equal(await age(), undefined);
      await add(queue, "first", { priority: 9 });
      assert.equal(await age(), 0);
      await advance("10s");
      await add(queue, "second", { priority: 1 });
      await advance("5s");
      assert.equal(await age(), 15_000);
      await claimOne(queue);
      assert.equal(await age(), 15_000);
      await claimOne(queue);
      assert.equal(await age(), undefined);
      await add(queue, "later", { delay: "1m" });
      assert.equal(await age(), undefined);
    },
  },
  {
    id: "queue-inspect-012",
    title: "queues that ever had a job are listed, also when it is gone, and no others",
    async run({ queue }) {
      assert.deepEqual(await queue.inspect.listQueues(), []);
      await queue.claim("claimed from");
      await queue.inspect.stats("counted");
      await queue.inspect.listJobs("listed", "pending");
      assert.deepEqual(await queue.inspect.listQueues(), []);
      await queue.enqueue("b", text("job"));
      await queue.ack((await queue.claim("b"))[0]!);
      await queue.enqueue("c", text("job"), { delay: "1h" });
      await queue.cancel((await queue.enqueue("a", text("job"))).id);
      assert.deepEqual(await queue.inspect.listQueues(), ["a", "b", "c"]);
    },
  },
  {
    id: "queue-inspect-013",
    title: "the history tells the deliveries that have ended, oldest first",
    queues: { [JOBS]: { doneRetention: "1h", maxAttempts: 10 } },
    async run({ queue, advance }) {
      const id = await add(queue);
      assert.deepEqual(await queue.inspect.attempts(id), []);
      const started = queue.clock.now();
      const first = await claimOne(queue);
      assert.deepEqual(await queue.inspect.attempts(id), []);
      await advance("1s");
      await queue.nack(first, "failed", { retryAfter: "1s" });
      await advance("1s");
      await claimOne(queue, { lease: "10s" });
      await advance("11s");
      const third = await claimOne(queue);
      await advance("1s");
      await queue.ack(third);
      const history = await queue.inspect.attempts(id);
      assert.deepEqual(
        history.map(({ attempt, outcome, error }) => [attempt, outcome, error]),
        [
          [1, "retried", "failed"],
          [2, "lease_expired", undefined],
          [3, "completed", undefined],
        ],
      );
      assert.deepEqual(
        history.map(({ claimedAt }) => (claimedAt as number) - started),
        [0, 2_000, 13_000],
      );
      assert.deepEqual(
        [history[0]?.recordedAt, history[2]?.recordedAt].map((at) => (at as number) - started),
        [1_000, 14_000],
      );
    },
  },
  {
    id: "queue-inspect-014",
    title: "a job that was read stays as it was read",
    async run({ queue }) {
      const id = await add(queue);
      const pending = await jobOf(queue, id);
      const { job: claimed } = await claimOne(queue);
      await queue.cancel(id);
      assert.deepEqual([pending.state, pending.attempts], ["pending", 0]);
      assert.deepEqual([claimed.state, claimed.cancelRequested], ["claimed", false]);
    },
  },
  {
    id: "queue-inspect-015",
    title: "listings of one queue show no jobs of another",
    async run({ queue }) {
      for (const name of ["a", "ab", ""]) {
        await queue.enqueue(name, text("job"), { id: `in-${name}` });
      }
      for (const name of ["a", "ab", ""]) {
        const jobs = await allPages((page) => queue.inspect.listJobs(name, "pending", page));
        assert.deepEqual(idsOf(jobs), [`in-${name}`]);
      }
    },
  },
];
