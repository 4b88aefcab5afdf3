import assert from "node:assert/strict";
import { text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  changesNothing,
  claimOne,
  idsOf,
  JOBS,
  jobOf,
  type QueueCase,
  range,
  textOf,
} from "./queue-case.ts";

export const WAKE_CASES: readonly QueueCase[] = [
  {
    id: "queue-wake-001",
    title: "a scheduled job that is woken is pending at once, with the bytes and the time of it",
    async run({ queue, advance }) {
      const id = await add(queue, "job", { delay: "1h" });
      await advance("1m");
      assert.equal(await queue.wake(id, text("up")), "woken");
      const { state, wokenAt } = await jobOf(queue, id);
      assert.deepEqual([state, wokenAt], ["pending", queue.clock.now()]);
      const { job } = await claimOne(queue);
      assert.deepEqual([job.id, textOf(job.wakePayload)], [id, "up"]);
      assert.equal(textOf(job.payload), "job");
    },
  },
  {
    id: "queue-wake-002",
    title: "a wake may bring no bytes, or empty ones",
    async run({ queue }) {
      const without = await add(queue, "job", { delay: "1h" });
      const empty = await add(queue, "job", { delay: "1h" });
      await queue.wake(without);
      await queue.wake(empty, new Uint8Array());
      assert.equal((await jobOf(queue, without)).wakePayload, undefined);
      assert.equal((await jobOf(queue, empty)).wakePayload?.length, 0);
      assert.notEqual((await jobOf(queue, without)).wokenAt, undefined);
    },
  },
  {
    id: "queue-wake-003",
    title: "a job that is not scheduled is left alone",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue, advance }) {
      const done = await addClaimed(queue);
      await queue.ack(done);
      const dead = await addDead(queue);
      const claimed = await addClaimed(queue);
      const pending = await add(queue);
      const due = await add(queue, "job", { delay: "1s" });
      await advance("1s");
      await changesNothing(queue, async () => {
        for (const id of [done.job.id, dead, claimed.job.id, pending, due]) {
          assert.equal(await queue.wake(id, text("up")), "not_scheduled");
        }
      });
    },
  },
  {
    id: "queue-wake-004",
    title: "a job that is unknown, removed or acknowledged is not found",
    async run({ queue }) {
      const removed = await add(queue, "job", { delay: "1h" });
      await queue.cancel(removed);
      const acked = await addClaimed(queue);
      await queue.ack(acked);
      for (const id of ["unknown", removed, acked.job.id]) {
        assert.equal(await queue.wake(id), "not_found");
      }
    },
  },
  {
    id: "queue-wake-005",
    title: "the bytes and the time of a wake stay with the job on later deliveries",
    async run({ queue, advance }) {
      const id = await add(queue, "job", { delay: "1h" });
      await queue.wake(id, text("up"));
      const wokenAt = queue.clock.now();
      await queue.nack(await claimOne(queue), "failed", { retryAfter: "1s" });
      await advance("1s");
      const second = await claimOne(queue);
      assert.deepEqual([textOf(second.job.wakePayload), second.job.wokenAt], ["up", wokenAt]);
      await advance("31s");
      const third = await claimOne(queue);
      assert.deepEqual([textOf(third.job.wakePayload), third.job.wokenAt], ["up", wokenAt]);
    },
  },
  {
    id: "queue-wake-006",
    title: "a job that waits for its retry can be woken",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.nack(claim, "failed", { retryAfter: "1h" });
      assert.equal(await queue.wake(claim.job.id), "woken");
      assert.equal((await claimOne(queue)).job.attempts, 2);
    },
  },
  {
    id: "queue-wake-007",
    title: "a woken job takes the place in the order that its priority and id give it",
    async run({ queue }) {
      const sleeper = await add(queue, "sleeper", { delay: "1h", priority: 5 });
      const first = await add(queue, "first", { priority: 1 });
      const last = await add(queue, "last", { priority: 5 });
      await queue.wake(sleeper);
      assert.deepEqual(idsOf(await queue.claim(JOBS, { max: 3 })), [first, sleeper, last]);
    },
  },
  {
    id: "queue-wake-008",
    title: "a woken job does not come a second time when it would have been due",
    async run({ queue, advance }) {
      const id = await add(queue, "job", { delay: "10s" });
      await queue.wake(id);
      await queue.ack(await claimOne(queue));
      await advance("1m");
      assert.deepEqual(await queue.claim(JOBS), []);
    },
  },
  {
    id: "queue-wake-009",
    title: "of many wakes at the same time exactly one wakes the job",
    async run({ queue }) {
      const id = await add(queue, "job", { delay: "1h" });
      const results = await Promise.all(range(10).map((index) => queue.wake(id, text(`${index}`))));
      const winners = results.flatMap((result, index) => (result === "woken" ? [index] : []));
      assert.equal(winners.length, 1);
      assert.equal(results.filter((result) => result === "not_scheduled").length, 9);
      assert.equal(textOf((await jobOf(queue, id)).wakePayload), `${winners[0]}`);
    },
  },
  {
    id: "queue-wake-010",
    title: "of a wake and a cancel at the same time the job has one end",
    async run({ queue }) {
      for (const first of ["wake", "cancel"] as const) {
        const id = await add(queue, "job", { delay: "1h" });
        const calls = [() => queue.wake(id), () => queue.cancel(id)];
        const order = first === "wake" ? calls : calls.toReversed();
        const results = await Promise.all(order.map((call) => call()));
        assert.ok(results.includes("removed"), `${results}`);
        assert.deepEqual(await queue.claim(JOBS), []);
      }
    },
  },
  {
    id: "queue-wake-011",
    title: "one commit wakes a job once, however often it names it",
    async run({ queue }) {
      const id = await add(queue, "job", { delay: "1h" });
      const { woken } = await queue.commit({
        wake: [
          { jobId: id, payload: text("first") },
          { jobId: id, payload: text("second") },
        ],
      });
      assert.deepEqual(woken, ["woken", "not_scheduled"]);
      assert.equal(textOf((await jobOf(queue, id)).wakePayload), "first");
    },
  },
  {
    id: "queue-wake-012",
    title: "the bytes of a wake may be as many as a KV value's",
    async run({ queue }) {
      const payload = new Uint8Array(262_144).fill(7);
      const id = await add(queue, "job", { delay: "1h" });
      await queue.wake(id, payload);
      assert.deepEqual((await claimOne(queue)).job.wakePayload, payload);
    },
  },
];
