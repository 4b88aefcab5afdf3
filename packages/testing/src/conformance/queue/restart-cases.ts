import assert from "node:assert/strict";
import type { Queue } from "@wf/core";
import { assertBody, rejectsWith, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  addMany,
  claimOne,
  countsOf,
  idsOf,
  JOBS,
  jobOf,
  kvText,
  listIds,
  type QueueCase,
  type QueueWorld,
  range,
  snapshotOf,
  stateOf,
  textOf,
} from "./queue-case.ts";

/** Waits until all that was recorded before is durable. */
async function barrier(queue: Queue): Promise<void> {
  await queue.kv.put("barrier", text("1"));
}

/** Kills the process and opens the queue again; what was claimed has come back then. */
async function interrupted({ queue, advance, reopen, shared }: QueueWorld): Promise<Queue> {
  await barrier(queue);
  const reopened = await reopen();
  if (shared) await advance("31s");
  return reopened;
}

export const RESTART_CASES: readonly QueueCase[] = [
  {
    id: "queue-restart-001",
    title: "a queue that is opened again shows all that was acknowledged, and nothing else",
    queues: { [JOBS]: { doneRetention: "1h", backoff: { base: "1m" } } },
    needsReopen: true,
    async run({ queue, advance, reopen }) {
      await queue.ack(await addClaimed(queue), { put: { acked: text("yes") } });
      await addDead(queue, { headers: { name: "value" }, dedupKey: "dead" });
      await queue.nack(await addClaimed(queue), "failed");
      await queue.requeueDead(await addDead(queue, { priority: 5_000 }));
      await add(queue, "scheduled", { delay: "1h", id: "scheduled", dedupKey: "key" });
      await queue.wake(await add(queue, "woken", { delay: "2h" }), text("up"));
      await queue.cancel(await add(queue, "cancelled"));
      await queue.enqueue("ü😀", new Uint8Array(300_000).fill(1), { headers: { __proto__2: "x" } });
      await queue.kv.put("deleted", text("no"));
      await queue.kv.delete("deleted");
      await queue.kv.put("kept", text("yes"));
      await advance("1s");
      const before = await snapshotOf(queue);
      assert.deepEqual(await snapshotOf(await reopen()), before);
    },
  },
  {
    id: "queue-restart-002",
    title: "a job that was claimed is pending again, and the delivery cut off counts",
    needsReopen: true,
    async run(world) {
      const { job } = await addClaimed(world.queue, { headers: { name: "value" } });
      const claimedAt = world.queue.clock.now();
      const queue = await interrupted(world);
      assert.deepEqual(
        [await stateOf(queue, job.id), (await jobOf(queue, job.id)).attempts],
        ["pending", 1],
      );
      const [ended, ...more] = await queue.inspect.attempts(job.id);
      assert.deepEqual(more, []);
      assert.deepEqual([ended?.attempt, ended?.claimedAt], [1, claimedAt]);
      assert.equal(ended?.outcome, world.shared ? "lease_expired" : "interrupted");
      const again = await claimOne(queue);
      assert.deepEqual([again.job.id, again.job.attempts], [job.id, 2]);
      assert.deepEqual({ ...again.job.headers }, { name: "value" });
      assertBody(again.job.payload, text("job"));
    },
  },
  {
    id: "queue-restart-003",
    title: "a job whose last delivery is cut off is dead and says why",
    needsReopen: true,
    async run(world) {
      const { job } = await addClaimed(world.queue, { maxAttempts: 1 });
      const queue = await interrupted(world);
      const dead = await jobOf(queue, job.id);
      assert.deepEqual([dead.state, dead.attempts], ["dead", 1]);
      assert.match(dead.lastError ?? "", /interrupted|lease/);
      assert.deepEqual(
        (await queue.inspect.attempts(job.id)).map(({ attempt, outcome }) => [attempt, outcome]),
        [[1, "dead_lettered"]],
      );
      assert.deepEqual(await queue.claim(JOBS), []);
    },
  },
  {
    id: "queue-restart-004",
    title: "attempts add up over any number of crashes, to the last one",
    needsReopen: true,
    async run(world) {
      const id = await add(world.queue, "job", { maxAttempts: 4 });
      let { queue } = world;
      for (const attempt of range(4)) {
        const claim = await claimOne(queue);
        assert.deepEqual([claim.job.id, claim.job.attempts], [id, attempt + 1]);
        queue = await interrupted({ ...world, queue });
      }
      assert.equal(await stateOf(queue, id), "dead");
      assert.equal((await queue.inspect.attempts(id)).length, 4);
    },
  },
  {
    id: "queue-restart-005",
    title: "a claim of the process that is gone cannot be settled, nor keep the job from others",
    needsReopen: true,
    async run(world) {
      const { queue: before } = world;
      const lost = await addClaimed(before);
      const queue = await interrupted(world);
      const current = await claimOne(queue);
      assert.notEqual(current.token, lost.token);
      await assert.rejects(before.ack(lost, { put: { key: text("lost") } }));
      await assert.rejects(queue.ack(lost, { put: { key: text("lost") } }));
      await queue.ack(current, { put: { key: text("current") } });
      assert.equal(await kvText(queue, "key"), "current");
    },
  },
  {
    id: "queue-restart-006",
    title: "claimed jobs come back to their places in the order",
    needsReopen: true,
    async run(world) {
      const low = await add(world.queue, "low", { priority: 9 });
      const ids = await addMany(world.queue, 5);
      const high = await add(world.queue, "high", { priority: 1 });
      await world.queue.claim(JOBS, { max: 3 });
      const queue = await interrupted(world);
      assert.deepEqual(await listIds(queue, "pending"), [high, low, ...ids]);
      assert.deepEqual(idsOf(await queue.claim(JOBS, { max: 10 })), [high, low, ...ids]);
    },
  },
  {
    id: "queue-restart-007",
    title: "scheduled jobs fall due at their time, also when that passed in between",
    needsReopen: true,
    async run({ queue, advance, reopen }) {
      const soon = await add(queue, "soon", { delay: "10s" });
      const later = await add(queue, "later", { delay: "1m" });
      await advance("5s");
      const reopened = await reopen();
      assert.deepEqual(await reopened.claim(JOBS), []);
      await advance("5s");
      const claims = await reopened.claim(JOBS, { max: 5 });
      assert.deepEqual(idsOf(claims), [soon]);
      await reopened.ack(claims[0]!);
      const waiting = reopened.claim(JOBS, { wait: "10m" });
      await advance("50s");
      assert.deepEqual(idsOf(await waiting), [later]);
    },
  },
  {
    id: "queue-restart-008",
    title: "a dedup key is held by the same job, and free where it was freed",
    needsReopen: true,
    async run({ queue, reopen }) {
      const pending = await add(queue, "job", { dedupKey: "pending" });
      const scheduled = await add(queue, "job", { dedupKey: "scheduled", delay: "1h" });
      await queue.cancel(await add(queue, "job", { dedupKey: "cancelled" }));
      const acked = await addClaimed(queue, { dedupKey: "acked", priority: 1 });
      await queue.ack(acked);
      const reopened = await reopen();
      assert.equal(await add(reopened, "again", { dedupKey: "pending" }), pending);
      assert.equal(await add(reopened, "again", { dedupKey: "scheduled" }), scheduled);
      for (const dedupKey of ["cancelled", "acked"]) {
        assert.equal((await reopened.enqueue(JOBS, text("new"), { dedupKey })).isNew, true);
      }
    },
  },
  {
    id: "queue-restart-009",
    title: "an interrupted job does not take its dedup key again",
    needsReopen: true,
    async run(world) {
      await addClaimed(world.queue, { dedupKey: "key" });
      const second = await add(world.queue, "second", { dedupKey: "key" });
      const queue = await interrupted(world);
      assert.equal(await add(queue, "third", { dedupKey: "key" }), second);
      assert.equal((await countsOf(queue)).pending, 2);
    },
  },
  {
    id: "queue-restart-010",
    title: "KV entries are as they were, in their order",
    needsReopen: true,
    async run({ queue, reopen }) {
      const keys = ["", "\0", "a", "é", "\u{e000}", "\u{fffd}", "\u{1f600}"].map((k) => `k${k}`);
      for (const key of keys.toReversed()) await queue.kv.put(key, text(key));
      await queue.kv.put("__proto__", text("proto"));
      await queue.kv.compareAndPut("k", text("k"), new Uint8Array());
      const reopened = await reopen();
      const { items } = await reopened.kv.scan("k");
      assert.deepEqual(
        items.map(({ key, value }) => [key, textOf(value)]),
        keys.map((key) => [key, key === "k" ? "" : key]),
      );
      assert.equal(await kvText(reopened, "__proto__"), "proto");
      assert.equal(await reopened.kv.compareAndPut("k", new Uint8Array(), text("2")), true);
    },
  },
  {
    id: "queue-restart-011",
    title: "new ids sort after those from before",
    needsReopen: true,
    async run({ queue, advance, reopen }) {
      const before = [...(await addMany(queue, 5)), queue.nextJobId()];
      await advance("1s");
      const reopened = await reopen();
      const after = [reopened.nextJobId(), ...(await addMany(reopened, 5))];
      const ids = [...before, ...after];
      assert.deepEqual(ids, ids.toSorted());
    },
  },
  {
    id: "queue-restart-012",
    title: "an id that is in use is refused by the queue that is opened again",
    needsReopen: true,
    async run({ queue, reopen }) {
      await add(queue, "job", { id: "same" });
      const reopened = await reopen();
      await rejectsWith("WF_DUPLICATE_JOB_ID", () => add(reopened, "job", { id: "same" }));
    },
  },
  {
    id: "queue-restart-013",
    title: "a retry waits out its time, and a job's own backoff goes on",
    needsReopen: true,
    async run({ queue, advance, reopen }) {
      const backoff = { base: "10s", jitter: "none" } as const;
      const claim = await addClaimed(queue, { backoff, maxAttempts: 9 });
      await queue.nack(claim, "failed");
      await advance("5s");
      const reopened = await reopen();
      assert.deepEqual(await reopened.claim(JOBS), []);
      await advance("5s");
      const again = await claimOne(reopened);
      assert.deepEqual([again.job.attempts, again.job.lastError], [2, "failed"]);
      await reopened.nack(again, "failed again");
      const { runAt } = await jobOf(reopened, claim.job.id);
      assert.equal(runAt, reopened.clock.now() + 20_000);
    },
  },
  {
    id: "queue-restart-014",
    title: "what was enqueued at the same time as the process died is there if it was acknowledged",
    needsReopen: true,
    async run({ queue, reopen }) {
      const acknowledged: string[] = [];
      const enqueues = range(50).map(async (index) => {
        const { id } = await queue.enqueue(JOBS, text(`${index}`), { id: `job-${index}` });
        acknowledged.push(id);
      });
      await Promise.race(enqueues);
      const known = [...acknowledged];
      const reopened = await reopen();
      await Promise.allSettled(enqueues);
      for (const id of known) assert.equal(await stateOf(reopened, id), "pending");
    },
  },
  {
    id: "queue-restart-015",
    title: "a queue that was closed gives back what was claimed, and is otherwise as it was",
    needsReopen: true,
    async run({ queue, advance, reopen, shared }) {
      const claimed = await addClaimed(queue);
      const pending = await add(queue);
      await queue.kv.put("key", text("value"));
      await queue.close();
      const reopened = await reopen();
      if (shared) await advance("31s");
      assert.deepEqual(await listIds(reopened, "pending"), [claimed.job.id, pending]);
      assert.equal((await claimOne(reopened)).job.attempts, 2);
      assert.equal(await kvText(reopened, "key"), "value");
    },
  },
  {
    id: "queue-restart-016",
    title: "a request to stop and a wake stay with a job that was interrupted",
    needsReopen: true,
    async run(world) {
      const id = await add(world.queue, "job", { delay: "1h" });
      await world.queue.wake(id, text("up"));
      await claimOne(world.queue);
      await world.queue.cancel(id);
      const queue = await interrupted(world);
      const { job } = await claimOne(queue);
      assert.deepEqual([job.cancelRequested, textOf(job.wakePayload)], [true, "up"]);
      assert.notEqual(job.wokenAt, undefined);
    },
  },
  {
    id: "queue-restart-017",
    title: "new jobs go behind those from before, also where no time has passed in between",
    needsReopen: true,
    async run({ queue, reopen }) {
      const ids = await addMany(queue, 5);
      let reopened = queue;
      for (let count = 0; count < 5; count++) {
        reopened = await reopen();
        ids.push(await add(reopened), ...(await addMany(reopened, 2)));
      }
      assert.deepEqual(idsOf(await reopened.claim(JOBS, { max: 100 })), ids);
    },
  },
];
