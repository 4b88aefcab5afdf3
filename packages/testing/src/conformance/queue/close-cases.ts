import assert from "node:assert/strict";
import { rejectsWith, text } from "../assertions.ts";
import { add, addClaimed, JOBS, kvText, type QueueCase, soon, stateOf } from "./queue-case.ts";

export const CLOSE_CASES: readonly QueueCase[] = [
  {
    id: "queue-close-001",
    title: "every method fails once the queue is closed",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      await queue.close();
      const calls = [
        () => queue.commit({ put: { key: text("value") } }),
        () => queue.enqueue(JOBS, text("job")),
        () => queue.enqueue(JOBS, text("job"), { id: "id", dedupKey: "key" }),
        () => queue.enqueueMany([{ queue: JOBS, payload: text("job") }]),
        () => queue.claim(JOBS),
        () => queue.claim(JOBS, { wait: "1m" }),
        () => queue.ack(claim),
        () => queue.nack(claim, "error"),
        () => queue.deadLetter(claim, "reason"),
        () => claim.ensureLease("1m"),
        () => queue.cancel(claim.job.id),
        () => queue.wake(claim.job.id),
        () => queue.requeueDead(claim.job.id),
        () => queue.waitForCompletion(claim.job.id),
        () => queue.kv.get("key"),
        () => queue.kv.put("key", text("value")),
        () => queue.kv.delete("key"),
        () => queue.kv.compareAndPut("key", undefined, text("value")),
        () => queue.kv.compareAndDelete("key", text("value")),
        () => queue.kv.scan(""),
        () => queue.inspect.getJob(claim.job.id),
        () => queue.inspect.listJobs(JOBS, "pending"),
        () => queue.inspect.listQueues(),
        () => queue.inspect.stats(JOBS),
        () => queue.inspect.attempts(claim.job.id),
      ];
      for (const call of calls) await rejectsWith("WF_CLOSED", call);
    },
  },
  {
    id: "queue-close-002",
    title: "closing ends those who wait, for jobs or for a completion",
    async run(world) {
      const { queue, advance } = world;
      const id = await add(queue, "job", { delay: "1h" });
      const waits = [queue.claim(JOBS, { wait: "1h" }), queue.waitForCompletion(id)];
      const outcomes = Promise.allSettled(waits);
      await advance("1s");
      await queue.close();
      await soon(world, outcomes);
      for (const wait of waits) await rejectsWith("WF_CLOSED", () => wait);
    },
  },
  {
    id: "queue-close-003",
    title: "closing twice, or by await using, is closing once",
    async run({ queue }) {
      await Promise.all([queue.close(), queue.close()]);
      await queue.close();
      await queue[Symbol.asyncDispose]();
      await rejectsWith("WF_CLOSED", () => queue.kv.get("key"));
    },
  },
  {
    id: "queue-close-004",
    title: "what is under way when the queue is closed is written first",
    needsReopen: true,
    async run({ queue, reopen }) {
      const enqueued = queue.enqueue(JOBS, text("job"), { id: "id" });
      const put = queue.kv.put("key", text("value"));
      await queue.close();
      assert.deepEqual(await enqueued, { id: "id", isNew: true });
      await put;
      const reopened = await reopen();
      assert.equal(await stateOf(reopened, "id"), "pending");
      assert.equal(await kvText(reopened, "key"), "value");
    },
  },
];
