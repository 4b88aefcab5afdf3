import assert from "node:assert/strict";
import type { CompletionOutcome, Job } from "@wf/core";
import {
  add,
  addClaimed,
  addDead,
  claimOne,
  hasSettled,
  JOBS,
  type QueueCase,
  range,
  soon,
} from "./queue-case.ts";

function jobIn(outcome: CompletionOutcome): Job | undefined {
  assert.equal(outcome.status, "completed");
  return (outcome as Extract<CompletionOutcome, { status: "completed" }>).job;
}

export const COMPLETION_CASES: readonly QueueCase[] = [
  {
    id: "queue-completion-001",
    title: "a wait ends when the job is acknowledged; without retention there is no record of it",
    async run(world) {
      const { queue, advance } = world;
      const claim = await addClaimed(queue);
      const waiting = queue.waitForCompletion(claim.job.id);
      await advance("10s");
      assert.equal(await hasSettled(world, waiting), false);
      await queue.ack(claim);
      assert.equal(jobIn(await soon(world, waiting)), undefined);
    },
  },
  {
    id: "queue-completion-002",
    title: "with retention the record of the done job comes with the answer",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run(world) {
      const { queue } = world;
      const claim = await addClaimed(queue);
      const waiting = queue.waitForCompletion(claim.job.id);
      await queue.ack(claim);
      const job = jobIn(await soon(world, waiting));
      assert.deepEqual([job?.id, job?.state], [claim.job.id, "done"]);
    },
  },
  {
    id: "queue-completion-003",
    title: "a wait ends when the job dies, on whatever path, with its record",
    async run(world) {
      const { queue, advance } = world;
      const deaths = [
        async () => queue.deadLetter(await claimOne(queue), "reason"),
        async () => queue.nack(await claimOne(queue), "error"),
        async () => {
          await claimOne(queue);
          await advance("31s");
        },
      ];
      for (const die of deaths) {
        const id = await add(queue, "job", { maxAttempts: 1 });
        const waiting = queue.waitForCompletion(id);
        await die();
        const job = jobIn(await soon(world, waiting));
        assert.deepEqual([job?.id, job?.state], [id, "dead"]);
      }
    },
  },
  {
    id: "queue-completion-004",
    title: "a wait ends when the job is removed, without a record",
    async run(world) {
      const { queue } = world;
      for (const delay of [0, "1h"] as const) {
        const id = await add(queue, "job", { delay });
        const waiting = queue.waitForCompletion(id);
        // It has seen the job, and does not come after it.
        assert.equal(await hasSettled(world, waiting), false);
        await queue.cancel(id);
        assert.equal(jobIn(await soon(world, waiting)), undefined);
      }
    },
  },
  {
    id: "queue-completion-005",
    title: "a wait for a job that has ended and is kept is answered at once",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run(world) {
      const { queue } = world;
      const done = await addClaimed(queue);
      await queue.ack(done);
      for (const id of [done.job.id, await addDead(queue)]) {
        assert.equal(jobIn(await soon(world, queue.waitForCompletion(id)))?.id, id);
      }
    },
  },
  {
    id: "queue-completion-006",
    title: "a wait for a job that is not there is answered at once",
    async run(world) {
      const { queue } = world;
      const acked = await addClaimed(queue);
      await queue.ack(acked);
      for (const id of ["unknown", acked.job.id]) {
        const outcome = await soon(world, queue.waitForCompletion(id));
        assert.deepEqual(outcome, { status: "not_found" });
      }
    },
  },
  {
    id: "queue-completion-007",
    title: "retries, wakes, due times, lost leases and requests to stop do not end a wait",
    async run(world) {
      const { queue, advance } = world;
      const id = await add(queue, "job", { delay: "1m", maxAttempts: 10 });
      const waiting = queue.waitForCompletion(id);
      const goesOn = async () => assert.equal(await hasSettled(world, waiting), false);
      await queue.wake(id);
      await goesOn();
      await queue.nack(await claimOne(queue), "error", { retryAfter: "1m" });
      await goesOn();
      await advance("1m");
      await goesOn();
      const claim = await claimOne(queue);
      await queue.cancel(id);
      await goesOn();
      await advance("31s");
      await goesOn();
      assert.equal(claim.abortSignal.aborted, true);
      await queue.ack(await claimOne(queue));
      assert.equal((await soon(world, waiting)).status, "completed");
    },
  },
  {
    id: "queue-completion-008",
    title: "a wait with a timeout ends when that is up, and not before",
    async run(world) {
      const { queue, advance } = world;
      const id = await add(queue);
      const waiting = queue.waitForCompletion(id, { timeout: "10s" });
      await advance(9_999);
      assert.equal(await hasSettled(world, waiting), false);
      await advance(1);
      assert.deepEqual(await soon(world, waiting), { status: "timed_out" });
      assert.deepEqual(await soon(world, queue.waitForCompletion(id, { timeout: 0 })), {
        status: "timed_out",
      });
    },
  },
  {
    id: "queue-completion-009",
    title: "a wait whose signal is aborted fails with the reason of that",
    async run(world) {
      const { queue, advance } = world;
      const id = await add(queue);
      const reason = new Error("stopped");
      const stop = new AbortController();
      const waiting = queue.waitForCompletion(id, { signal: stop.signal, timeout: "1h" });
      await advance("1s");
      stop.abort(reason);
      await assert.rejects(soon(world, waiting), (error) => error === reason);
      await assert.rejects(
        soon(world, queue.waitForCompletion(id, { signal: stop.signal })),
        (error) => error === reason,
      );
    },
  },
  {
    id: "queue-completion-010",
    title: "all who wait for a job are told, and one who left disturbs nobody",
    async run(world) {
      const { queue, advance } = world;
      const claim = await addClaimed(queue);
      const other = await addClaimed(queue);
      const waits = range(5).map(() => queue.waitForCompletion(claim.job.id));
      const left = queue.waitForCompletion(claim.job.id, { timeout: "1s" });
      const elsewhere = queue.waitForCompletion(other.job.id);
      await advance("1s");
      assert.equal((await soon(world, left)).status, "timed_out");
      await queue.ack(claim);
      const outcomes = await soon(world, Promise.all(waits));
      assert.ok(outcomes.every(({ status }) => status === "completed"));
      assert.equal(await hasSettled(world, elsewhere), false);
      await queue.ack(other);
      await soon(world, elsewhere);
    },
  },
  {
    id: "queue-completion-011",
    title: "a wait may begin again after the job was given a new life",
    async run(world) {
      const { queue } = world;
      const id = await addDead(queue);
      await queue.requeueDead(id);
      const waiting = queue.waitForCompletion(id);
      assert.equal(await hasSettled(world, waiting), false);
      await queue.ack(await claimOne(queue));
      assert.equal((await soon(world, waiting)).status, "completed");
    },
  },
  {
    id: "queue-completion-012",
    title: "what is answered is durable already: the job has ended for every reader",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      const seen = queue
        .waitForCompletion(claim.job.id)
        .then(() => Promise.all([queue.inspect.getJob(claim.job.id), queue.kv.get("key")]));
      await queue.ack(claim, { put: { key: new Uint8Array() } });
      const [job, value] = await seen;
      assert.deepEqual([job, value?.length], [undefined, 0]);
    },
  },
];
