import assert from "node:assert/strict";
import { rejectsWith } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  addMany,
  claimOne,
  countsOf,
  JOBS,
  listIds,
  type QueueCase,
  stateOf,
} from "./queue-case.ts";

/** Time enough after the end of a retention for the job to be swept. */
const SWEEP = "10m";

export const RETENTION_CASES: readonly QueueCase[] = [
  {
    id: "queue-retention-001",
    title: "a done job is kept as long as its queue says, and no longer",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue, advance }) {
      const { job } = await addClaimed(queue).then(async (claim) => {
        await queue.ack(claim);
        return claim;
      });
      await advance("1h");
      assert.equal(await stateOf(queue, job.id), "done");
      await advance(SWEEP);
      assert.equal(await stateOf(queue, job.id), "gone");
      assert.deepEqual(await queue.inspect.attempts(job.id), []);
      assert.deepEqual(await listIds(queue, "done"), []);
    },
  },
  {
    id: "queue-retention-002",
    title: "the count of acknowledged jobs does not fall when they are swept",
    queues: { [JOBS]: { doneRetention: "1m" } },
    async run({ queue, advance }) {
      await queue.ack(await addClaimed(queue));
      await advance("1h");
      assert.equal((await countsOf(queue)).done, 1);
    },
  },
  {
    id: "queue-retention-003",
    title: "a dead job is kept for 7 days where its queue says nothing",
    async run({ queue, advance }) {
      const id = await addDead(queue);
      await advance("7d");
      assert.equal(await stateOf(queue, id), "dead");
      await advance(SWEEP);
      assert.equal(await stateOf(queue, id), "gone");
      assert.equal((await countsOf(queue)).dead, 0);
      await rejectsWith("WF_JOB_NOT_FOUND", () => queue.requeueDead(id));
    },
  },
  {
    id: "queue-retention-004",
    title: "a dead job is kept as long as its queue says, and no longer",
    queues: { [JOBS]: { deadRetention: "2h" } },
    async run({ queue, advance }) {
      const id = await addDead(queue);
      await advance("2h");
      assert.equal(await stateOf(queue, id), "dead");
      await advance(SWEEP);
      assert.equal(await stateOf(queue, id), "gone");
    },
  },
  {
    id: "queue-retention-005",
    title: "dead jobs may be kept for ever",
    queues: { [JOBS]: { deadRetention: "forever" } },
    async run({ queue, advance }) {
      const id = await addDead(queue);
      await advance("100d");
      assert.equal(await stateOf(queue, id), "dead");
    },
  },
  {
    id: "queue-retention-006",
    title: "each job's retention counts from its own end",
    queues: { [JOBS]: { doneRetention: "1h", deadRetention: "3h" } },
    async run({ queue, advance }) {
      await addMany(queue, 4);
      const claims = await queue.claim(JOBS, { max: 4, lease: "7d" });
      const ids = claims.map(({ job }) => job.id);
      await queue.ack(claims[3]!);
      await queue.deadLetter(claims[2]!, "reason");
      await advance("30m");
      await queue.ack(claims[0]!);
      await queue.deadLetter(claims[1]!, "reason");
      const states = () => Promise.all(ids.map((id) => stateOf(queue, id)));
      await advance("45m");
      assert.deepEqual(await states(), ["done", "dead", "dead", "gone"]);
      await advance("30m");
      assert.deepEqual(await states(), ["gone", "dead", "dead", "gone"]);
      await advance("90m");
      assert.deepEqual(await states(), ["gone", "dead", "gone", "gone"]);
      await advance("30m");
      assert.deepEqual(await states(), ["gone", "gone", "gone", "gone"]);
    },
  },
  {
    id: "queue-retention-007",
    title: "a job that is requeued and dies again is kept from its second death on",
    queues: { [JOBS]: { deadRetention: "1h" } },
    async run({ queue, advance }) {
      const id = await addDead(queue);
      await advance("50m");
      await queue.requeueDead(id);
      await advance("50m");
      assert.equal(await stateOf(queue, id), "pending");
      await queue.deadLetter(await claimOne(queue), "again");
      await advance("50m");
      assert.equal(await stateOf(queue, id), "dead");
      await advance("20m");
      assert.equal(await stateOf(queue, id), "gone");
    },
  },
  {
    id: "queue-retention-008",
    title: "the id of a job that was swept is free again",
    queues: { [JOBS]: { doneRetention: "1h", deadRetention: "1h" } },
    async run({ queue, advance }) {
      await queue.ack(await addClaimed(queue, { id: "done" }));
      await addDead(queue, { id: "dead" });
      await advance("1h");
      await advance(SWEEP);
      for (const id of ["done", "dead"]) assert.equal(await add(queue, "job", { id }), id);
    },
  },
  {
    id: "queue-retention-009",
    title: "jobs that have not ended are kept, however old",
    queues: { [JOBS]: { doneRetention: "1m", deadRetention: "1m" } },
    async run({ queue, advance }) {
      const pending = await add(queue, "job", { priority: 5_000 });
      const scheduled = await add(queue, "job", { delay: "200d" });
      await addClaimed(queue);
      await queue.claim(JOBS, { lease: "200d" });
      await advance("100d");
      const { dead, done, ...live } = await countsOf(queue);
      assert.equal(live.pending + live.scheduled + live.claimed, 3);
      assert.deepEqual([dead, done], [0, 0]);
      assert.equal(await stateOf(queue, pending), "claimed");
      assert.equal(await stateOf(queue, scheduled), "scheduled");
    },
  },
  {
    id: "queue-retention-010",
    title: "retention goes on after the queue is opened again",
    queues: { [JOBS]: { doneRetention: "1h", deadRetention: "1h" } },
    needsReopen: true,
    async run({ queue, advance, reopen }) {
      await queue.ack(await addClaimed(queue, { id: "done" }));
      await addDead(queue, { id: "dead" });
      await advance("30m");
      const reopened = await reopen();
      assert.equal(await stateOf(reopened, "done"), "done");
      await advance("30m");
      await advance(SWEEP);
      assert.equal(await stateOf(reopened, "done"), "gone");
      assert.equal(await stateOf(reopened, "dead"), "gone");
      assert.equal((await countsOf(reopened)).done, 1);
    },
  },
];
