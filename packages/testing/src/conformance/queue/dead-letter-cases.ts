import assert from "node:assert/strict";
import { rejectsWith } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  changesNothing,
  claimOne,
  countsOf,
  JOBS,
  jobOf,
  outcomesOf,
  type QueueCase,
  range,
  stateOf,
} from "./queue-case.ts";

export const DEAD_LETTER_CASES: readonly QueueCase[] = [
  {
    id: "queue-dead-001",
    title: "a dead job that is requeued is pending with no attempts used and no trace of its death",
    async run({ queue }) {
      const id = await addDead(queue);
      await queue.requeueDead(id);
      const job = await jobOf(queue, id);
      assert.deepEqual(
        [job.state, job.attempts, job.lastError, job.failedAt, job.claimedAt],
        ["pending", 0, undefined, undefined, undefined],
      );
      assert.deepEqual([(await countsOf(queue)).pending, (await countsOf(queue)).dead], [1, 0]);
    },
  },
  {
    id: "queue-dead-002",
    title: "a requeued job keeps its id and what it was enqueued with",
    async run({ queue, advance }) {
      const options = { id: "id", headers: { name: "value" }, priority: 7, maxAttempts: 2 };
      await add(queue, "job", options);
      const before = await jobOf(queue, "id");
      await queue.deadLetter(await claimOne(queue), "reason");
      await advance("1h");
      await queue.requeueDead("id");
      assert.deepEqual(await jobOf(queue, "id"), before);
    },
  },
  {
    id: "queue-dead-003",
    title: "a requeued job keeps its history, with a mark in it",
    async run({ queue, advance }) {
      const id = await addDead(queue);
      await advance("1m");
      await queue.requeueDead(id);
      const requeuedAt = queue.clock.now();
      await queue.deadLetter(await claimOne(queue), "again");
      const history = await queue.inspect.attempts(id);
      assert.deepEqual(
        history.map(({ attempt, outcome, error }) => [attempt, outcome, error]),
        [
          [1, "dead_lettered", "killed"],
          [0, "requeued", undefined],
          [1, "dead_lettered", "again"],
        ],
      );
      assert.deepEqual([history[1]?.recordedAt, history[1]?.claimedAt], [requeuedAt, undefined]);
    },
  },
  {
    id: "queue-dead-004",
    title: "a requeued job has all its attempts again",
    queues: { [JOBS]: { maxAttempts: 2, backoff: { base: 0 } } },
    async run({ queue }) {
      const id = await add(queue);
      for (let life = 0; life < 2; life++) {
        assert.equal(await queue.nack(await claimOne(queue), "failed"), "retried");
        assert.equal(await queue.nack(await claimOne(queue), "failed"), "dead");
        await queue.requeueDead(id);
      }
      assert.equal((await claimOne(queue)).job.attempts, 1);
    },
  },
  {
    id: "queue-dead-005",
    title: "a job that is not dead cannot be requeued",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue }) {
      const done = await addClaimed(queue);
      await queue.ack(done);
      const claimed = await addClaimed(queue);
      const ids = [done.job.id, claimed.job.id, await add(queue)];
      ids.push(await add(queue, "job", { delay: "1h" }));
      for (const id of ids) {
        await changesNothing(queue, () =>
          rejectsWith("WF_INVALID_STATE", () => queue.requeueDead(id)),
        );
      }
    },
  },
  {
    id: "queue-dead-006",
    title: "a job that is not there cannot be requeued",
    async run({ queue }) {
      const acked = await addClaimed(queue);
      await queue.ack(acked);
      await rejectsWith("WF_JOB_NOT_FOUND", () => queue.requeueDead("unknown"));
      await rejectsWith("WF_JOB_NOT_FOUND", () => queue.requeueDead(acked.job.id));
    },
  },
  {
    id: "queue-dead-007",
    title: "of many requeues of one job at the same time exactly one is applied",
    async run({ queue }) {
      const id = await addDead(queue);
      const { values } = await outcomesOf(range(10).map(() => queue.requeueDead(id)));
      assert.equal(values.length, 1);
      assert.equal((await countsOf(queue)).pending, 1);
      const marks = (await queue.inspect.attempts(id)).filter((a) => a.outcome === "requeued");
      assert.equal(marks.length, 1);
    },
  },
  {
    id: "queue-dead-008",
    title: "a dead job stays dead, whatever time passes within its retention",
    async run({ queue, advance }) {
      const id = await addDead(queue);
      await advance("6d");
      assert.equal(await stateOf(queue, id), "dead");
      assert.deepEqual(await queue.claim(JOBS), []);
    },
  },
];
