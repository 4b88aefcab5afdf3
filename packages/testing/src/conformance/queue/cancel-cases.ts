import assert from "node:assert/strict";
import { assertCode, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  addMany,
  changesNothing,
  claimOne,
  countsOf,
  JOBS,
  jobOf,
  kvText,
  type QueueCase,
  range,
  soon,
  stateOf,
  textOf,
} from "./queue-case.ts";

export const CANCEL_CASES: readonly QueueCase[] = [
  {
    id: "queue-cancel-001",
    title: "a pending or scheduled job that is cancelled is gone, without being done or dead",
    async run({ queue, advance }) {
      const pending = await add(queue);
      const scheduled = await add(queue, "job", { delay: "10s" });
      for (const id of [pending, scheduled]) {
        assert.equal(await queue.cancel(id), "removed");
        assert.equal(await stateOf(queue, id), "gone");
      }
      await advance("1m");
      assert.deepEqual(await queue.claim(JOBS), []);
      assert.deepEqual(await countsOf(queue), {
        pending: 0,
        scheduled: 0,
        claimed: 0,
        done: 0,
        dead: 0,
      });
    },
  },
  {
    id: "queue-cancel-002",
    title: "a job that waits for its retry can be removed",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.nack(claim, "failed", { retryAfter: "1m" });
      assert.equal(await queue.cancel(claim.job.id), "removed");
      assert.deepEqual(await queue.inspect.attempts(claim.job.id), []);
    },
  },
  {
    id: "queue-cancel-003",
    title: "effects are applied when the job is removed",
    async run({ queue }) {
      const id = await add(queue);
      const enqueue = [{ queue: "next", payload: text("next"), id: "next" }];
      assert.equal(await queue.cancel(id, { put: { key: text("value") }, enqueue }), "removed");
      assert.equal(await kvText(queue, "key"), "value");
      assert.equal(await stateOf(queue, "next"), "pending");
    },
  },
  {
    id: "queue-cancel-004",
    title:
      "a claimed job is asked to stop, by record and by abort signal, and its effects are dropped",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      let fired = 0;
      claim.abortSignal.addEventListener("abort", () => fired++);
      assert.equal(await queue.cancel(claim.job.id, { put: { key: text("no") } }), "requested");
      assert.equal(fired, 1);
      assertCode(claim.abortSignal.reason, "WF_CANCEL_REQUESTED");
      const job = await jobOf(queue, claim.job.id);
      assert.deepEqual([job.state, job.cancelRequested], ["claimed", true]);
      assert.equal(await kvText(queue, "key"), undefined);
    },
  },
  {
    id: "queue-cancel-005",
    title: "the abort signal says so also to those who look at it only afterwards",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.cancel(claim.job.id);
      assert.equal(claim.abortSignal.aborted, true);
      assertCode(claim.abortSignal.reason, "WF_CANCEL_REQUESTED");
    },
  },
  {
    id: "queue-cancel-006",
    title: "a job that was asked to stop can be settled like any other",
    async run({ queue }) {
      for (const settle of ["ack", "deadLetter"] as const) {
        const claim = await addClaimed(queue);
        await queue.cancel(claim.job.id);
        await (settle === "ack" ? queue.ack(claim) : queue.deadLetter(claim, "reason"));
      }
      assert.deepEqual([(await countsOf(queue)).done, (await countsOf(queue)).dead], [1, 1]);
    },
  },
  {
    id: "queue-cancel-007",
    title: "a request to stop stays with the job over a retry",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.cancel(claim.job.id);
      await queue.nack(claim, "failed");
      const again = await claimOne(queue);
      assert.equal(again.job.cancelRequested, true);
      assert.equal(again.abortSignal.aborted, true);
      assertCode(again.abortSignal.reason, "WF_CANCEL_REQUESTED");
    },
  },
  {
    id: "queue-cancel-008",
    title: "a request to stop stays with the job when its lease runs out",
    async run({ queue, advance }) {
      const claim = await addClaimed(queue);
      await queue.cancel(claim.job.id);
      await advance("31s");
      assertCode((await claimOne(queue)).abortSignal.reason, "WF_CANCEL_REQUESTED");
    },
  },
  {
    id: "queue-cancel-009",
    title: "a request to stop stays with the job when the process dies",
    needsReopen: true,
    async run({ queue, advance, reopen, shared }) {
      const claim = await addClaimed(queue);
      assert.equal(await queue.cancel(claim.job.id), "requested");
      const reopened = await reopen();
      if (shared) await advance("31s");
      const again = await claimOne(reopened);
      assert.equal(again.job.cancelRequested, true);
      assertCode(again.abortSignal.reason, "WF_CANCEL_REQUESTED");
    },
  },
  {
    id: "queue-cancel-010",
    title: "a dead job remembers that it was asked to stop, and can be told to live without",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.cancel(claim.job.id);
      await queue.deadLetter(claim, "stopped");
      assert.equal((await jobOf(queue, claim.job.id)).cancelRequested, true);
      await queue.requeueDead(claim.job.id);
      const again = await claimOne(queue);
      assert.deepEqual([again.job.cancelRequested, again.abortSignal.aborted], [false, false]);
    },
  },
  {
    id: "queue-cancel-011",
    title: "a second cancel of a claimed job answers the same and changes nothing",
    async run({ queue }) {
      const { job } = await addClaimed(queue);
      await queue.cancel(job.id);
      await changesNothing(queue, async () =>
        assert.equal(await queue.cancel(job.id), "requested"),
      );
    },
  },
  {
    id: "queue-cancel-012",
    title: "a job that was asked to stop and came back is removed by another cancel",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.cancel(claim.job.id);
      await queue.nack(claim, "failed");
      assert.equal(await queue.cancel(claim.job.id, { put: { key: text("yes") } }), "removed");
      assert.equal(await kvText(queue, "key"), "yes");
      assert.deepEqual(await queue.claim(JOBS), []);
    },
  },
  {
    id: "queue-cancel-013",
    title: "a job that is done, dead, removed or unknown is not found, and nothing is applied",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue }) {
      const done = await addClaimed(queue);
      await queue.ack(done);
      const removed = await add(queue);
      await queue.cancel(removed);
      const ids = [done.job.id, await addDead(queue), removed, "unknown"];
      await changesNothing(queue, async () => {
        for (const id of ids) {
          assert.equal(await queue.cancel(id, { put: { key: text("no") } }), "not_found");
        }
      });
    },
  },
  {
    id: "queue-cancel-014",
    title: "of cancels and claims at the same time, exactly one gets each job",
    async run({ queue }) {
      const ids = await addMany(queue, 40);
      const cancelled: string[] = [];
      const claimed: string[] = [];
      await Promise.all(
        ids.flatMap((id, index) => {
          const cancel = queue.cancel(id).then((result) => {
            if (result === "removed") cancelled.push(id);
            else assert.equal(result, "requested");
          });
          const claim = queue.claim(JOBS).then((claims) => {
            claimed.push(...claims.map(({ job }) => job.id));
          });
          return index % 2 === 0 ? [cancel, claim] : [claim, cancel];
        }),
      );
      for (const { job } of await queue.claim(JOBS, { max: 100 })) claimed.push(job.id);
      assert.deepEqual([...cancelled, ...claimed].sort(), ids);
      for (const id of claimed) {
        assert.equal((await jobOf(queue, id)).state, "claimed");
      }
    },
  },
  {
    id: "queue-cancel-015",
    title: "of many cancels of one job at the same time exactly one removes it",
    async run({ queue }) {
      const id = await add(queue);
      const results = await Promise.all(
        range(10).map((index) =>
          queue.cancel(id, { enqueue: [{ queue: "next", payload: text(`${index}`) }] }),
        ),
      );
      assert.equal(results.filter((result) => result === "removed").length, 1);
      assert.equal(results.filter((result) => result === "not_found").length, 9);
      assert.equal((await countsOf(queue, "next")).pending, 1);
    },
  },
  {
    id: "queue-cancel-016",
    title: "a cancel that comes with the acknowledgement of its job leaves one of the two ends",
    async run(world) {
      const { queue } = world;
      for (const first of ["ack", "cancel"] as const) {
        const claim = await addClaimed(queue);
        const calls = [() => queue.ack(claim), () => queue.cancel(claim.job.id)] as const;
        const order = first === "ack" ? calls : calls.toReversed();
        await soon(world, Promise.all(order.map((call) => call())));
        assert.equal(await stateOf(queue, claim.job.id), "gone");
      }
      assert.equal((await countsOf(queue)).done, 2);
    },
  },
  {
    id: "queue-cancel-017",
    title: "the effects of a cancel may enqueue under the dedup key of the job that it removes",
    async run({ queue }) {
      const removed = await add(queue, "first", { dedupKey: "key", id: "first" });
      const enqueue = [{ queue: JOBS, payload: text("second"), dedupKey: "key", id: "second" }];
      assert.equal(await queue.cancel(removed, { enqueue }), "removed");
      assert.equal(await stateOf(queue, "second"), "pending");
      assert.equal(await add(queue, "third", { dedupKey: "key" }), "second");
    },
  },
  {
    id: "queue-cancel-018",
    title: "the effects of a cancel cannot wake the job that it removes, and do no harm by trying",
    needsReopen: true,
    async run({ queue, reopen }) {
      const id = await add(queue, "job", { delay: "1h" });
      const effects = { wake: [{ jobId: id }], put: { key: text("value") } };
      assert.equal(await queue.cancel(id, effects), "removed");
      assert.equal(await stateOf(queue, id), "gone");
      assert.equal(await kvText(await reopen(), "key"), "value");
    },
  },
  {
    id: "queue-cancel-019",
    title: "the effects of a cancel may enqueue under the id of the job that it removes",
    needsReopen: true,
    async run({ queue, reopen }) {
      const id = await add(queue, "first", { id: "same", delay: "1h" });
      const enqueue = [{ queue: JOBS, payload: text("second"), id }];
      assert.equal(await queue.cancel(id, { enqueue }), "removed");
      assert.equal(textOf((await jobOf(queue, id)).payload), "second");
      const { job } = await claimOne(await reopen());
      assert.deepEqual([job.id, textOf(job.payload)], [id, "second"]);
    },
  },
];
