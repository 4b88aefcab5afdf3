import assert from "node:assert/strict";
import { assertBody, rejectsWith, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  addMany,
  changesNothing,
  claimOne,
  countsOf,
  idsOf,
  JOBS,
  jobOf,
  kvText,
  listIds,
  type QueueCase,
  range,
  stateOf,
  textOf,
} from "./queue-case.ts";

const HOSTILE_NAMES = ["", "a", "ab", "A", "a/b", "ü€😀", "a\0b\n", "__proto__", "q".repeat(255)];

export const ENQUEUE_CASES: readonly QueueCase[] = [
  {
    id: "queue-enqueue-001",
    title: "a new job is pending, with its payload and the defaults",
    async run({ queue }) {
      const result = await queue.enqueue(JOBS, text("payload"));
      assert.equal(result.isNew, true);
      const { payload, ...job } = await jobOf(queue, result.id);
      assertBody(payload, text("payload"));
      assert.deepEqual(
        { ...job, headers: { ...job.headers } },
        {
          id: result.id,
          queue: JOBS,
          headers: {},
          state: "pending",
          attempts: 0,
          maxAttempts: 3,
          priority: 1_000,
          enqueuedAt: queue.clock.now(),
          runAt: undefined,
          claimedAt: undefined,
          wokenAt: undefined,
          wakePayload: undefined,
          lastError: undefined,
          dedupKey: undefined,
          completedAt: undefined,
          failedAt: undefined,
          cancelRequested: false,
        },
      );
    },
  },
  {
    id: "queue-enqueue-002",
    title: "payloads of any bytes and sizes come back as they were",
    async run({ queue }) {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      const large = Uint8Array.from({ length: 300_000 }, (_, i) => i * 31 + (i >>> 8));
      const larger = new Uint8Array(2 * 1_048_576 + 1).fill(7);
      for (const payload of [new Uint8Array(), all, large, larger, new Uint8Array(262_144)]) {
        const { id } = await queue.enqueue(JOBS, payload);
        assertBody((await jobOf(queue, id)).payload, payload);
        const claim = await claimOne(queue);
        assertBody(claim.job.payload, payload);
        await queue.ack(claim);
      }
    },
  },
  {
    id: "queue-enqueue-003",
    title:
      "the ids that a queue makes ascend in the order of the calls, within and over milliseconds",
    async run({ queue, advance }) {
      const ids: string[] = [];
      for (let round = 0; round < 3; round++) {
        ids.push(queue.nextJobId(), await add(queue));
        ids.push(...(await Promise.all(range(20).map(() => add(queue)))));
        ids.push(...(await addMany(queue, 10)), queue.nextJobId());
        await advance(round);
      }
      assert.deepEqual(ids, ids.toSorted());
      assert.equal(new Set(ids).size, ids.length);
    },
  },
  {
    id: "queue-enqueue-004",
    title: "a job has the id that it was given, of 1 to 128 characters",
    async run({ queue }) {
      for (const id of ["x", "_-_", "Ab9".repeat(42), "a".repeat(128), queue.nextJobId()]) {
        assert.deepEqual(await queue.enqueue(JOBS, text(id), { id }), { id, isNew: true });
        assertBody((await jobOf(queue, id)).payload, text(id));
      }
    },
  },
  {
    id: "queue-enqueue-005",
    title: "headers come back, whatever their names",
    async run({ queue }) {
      const entries = [..."aZ9.", "", "__proto__", "constructor", "ü€😀", "x".repeat(300)];
      const headers = Object.fromEntries(entries.map((name) => [name, `value of ${name}`]));
      const claim = await addClaimed(queue, { headers });
      assert.deepEqual(Object.entries(claim.job.headers).sort(), Object.entries(headers).sort());
    },
  },
  {
    id: "queue-enqueue-006",
    title: "a runAt that is not later than now makes the job pending",
    async run({ queue }) {
      const now = queue.clock.now();
      for (const runAt of [now, now - 1, 0, -1]) {
        assert.equal(await stateOf(queue, await add(queue, "job", { runAt })), "pending");
      }
      assert.equal((await queue.claim(JOBS, { max: 10 })).length, 4);
    },
  },
  {
    id: "queue-enqueue-007",
    title: "a job with a later runAt is scheduled and may be claimed from that millisecond on",
    async run({ queue, advance }) {
      const runAt = queue.clock.now() + 10_000;
      const id = await add(queue, "job", { runAt });
      assert.equal((await jobOf(queue, id)).runAt, runAt);
      await advance(9_999);
      assert.equal(await stateOf(queue, id), "scheduled");
      assert.deepEqual(await queue.claim(JOBS), []);
      await advance(1);
      assert.equal(await stateOf(queue, id), "pending");
      const { job } = await claimOne(queue);
      assert.equal(job.id, id);
      assert.equal(job.runAt, runAt);
    },
  },
  {
    id: "queue-enqueue-008",
    title: "a delay counts from now",
    async run({ queue, advance }) {
      await advance("1m");
      const id = await add(queue, "job", { delay: "2m" });
      assert.equal((await jobOf(queue, id)).runAt, queue.clock.now() + 120_000);
      await advance(119_999);
      assert.deepEqual(await queue.claim(JOBS), []);
      await advance(1);
      await claimOne(queue);
    },
  },
  {
    id: "queue-enqueue-009",
    title: "a delay of 0 makes the job pending",
    async run({ queue }) {
      assert.equal(await stateOf(queue, await add(queue, "job", { delay: 0 })), "pending");
      await claimOne(queue);
    },
  },
  {
    id: "queue-enqueue-010",
    title: "lower priority numbers go first, and equals in the order of their enqueue",
    async run({ queue }) {
      const priorities = [1_000, 10_000, 100, 1_000, 0, 2 ** 32 - 1, 100, undefined];
      for (const [index, priority] of priorities.entries()) {
        await add(queue, `${index}`, { priority });
      }
      const claims = await queue.claim(JOBS, { max: 100 });
      const order = claims.map(({ job }) => textOf(job.payload)).join("");
      assert.equal(order, "42603715");
    },
  },
  {
    id: "queue-enqueue-011",
    title: "a queue's priority and maxAttempts hold where the enqueue names none",
    queues: { [JOBS]: { priority: 7, maxAttempts: 5 } },
    async run({ queue }) {
      const plain = await jobOf(queue, await add(queue));
      assert.deepEqual([plain.priority, plain.maxAttempts], [7, 5]);
      const own = await jobOf(queue, await add(queue, "job", { priority: 9, maxAttempts: 1 }));
      assert.deepEqual([own.priority, own.maxAttempts], [9, 1]);
      const { id } = await queue.enqueue("other", text("job"));
      const other = await jobOf(queue, id);
      assert.deepEqual([other.priority, other.maxAttempts], [1_000, 3]);
    },
  },
  {
    id: "queue-enqueue-012",
    title: "queues of any name are kept apart",
    async run({ queue }) {
      for (const name of HOSTILE_NAMES) await queue.enqueue(name, text(name));
      assert.deepEqual([...(await queue.inspect.listQueues())].sort(), HOSTILE_NAMES.toSorted());
      for (const name of HOSTILE_NAMES) {
        assert.equal((await countsOf(queue, name)).pending, 1);
        const claims = await queue.claim(name, { max: 10 });
        assert.deepEqual(
          claims.map(({ job }) => [job.queue, textOf(job.payload)]),
          [[name, name]],
        );
      }
    },
  },
  {
    id: "queue-enqueue-013",
    title: "enqueueMany answers in the order of its requests, and that is the order of the jobs",
    async run({ queue }) {
      const ids = await addMany(queue, 50);
      assert.equal(new Set(ids).size, 50);
      const claims = await queue.claim(JOBS, { max: 50 });
      assert.deepEqual(idsOf(claims), ids);
      for (const [index, { job }] of claims.entries()) assertBody(job.payload, text(`${index}`));
    },
  },
  {
    id: "queue-enqueue-014",
    title: "enqueueMany enqueues all or, when one is refused, none",
    async run({ queue }) {
      await add(queue, "job", { id: "taken" });
      const requests = ["new-1", "taken", "new-2"].map((id) => ({
        queue: JOBS,
        payload: text(id),
        id,
      }));
      await changesNothing(queue, () =>
        rejectsWith("WF_DUPLICATE_JOB_ID", () => queue.enqueueMany(requests)),
      );
    },
  },
  {
    id: "queue-enqueue-015",
    title: "enqueueMany of nothing answers nothing and changes nothing",
    async run({ queue }) {
      await changesNothing(queue, async () => assert.deepEqual(await queue.enqueueMany([]), []));
    },
  },
  {
    id: "queue-enqueue-016",
    title: "enqueueMany takes 10,000 jobs for several queues at once",
    async run({ queue }) {
      const requests = range(10_000).map((index) => ({
        queue: index % 2 === 0 ? "even" : "odd",
        payload: text(`${index}`),
      }));
      const results = await queue.enqueueMany(requests);
      assert.equal(new Set(results.map(({ id }) => id)).size, 10_000);
      assert.equal((await countsOf(queue, "even")).pending, 5_000);
      assert.equal((await countsOf(queue, "odd")).pending, 5_000);
    },
  },
  {
    id: "queue-enqueue-017",
    title: "an id that is in use is refused, whatever state its job is in",
    queues: { [JOBS]: { doneRetention: "1h" } },
    async run({ queue }) {
      const done = await addClaimed(queue, { id: "done" });
      await queue.ack(done);
      await addDead(queue, { id: "dead" });
      await addClaimed(queue, { id: "claimed" });
      await add(queue, "job", { id: "scheduled", delay: "1h" });
      await add(queue, "job", { id: "pending" });
      for (const id of ["done", "dead", "claimed", "scheduled", "pending"]) {
        assert.equal(await stateOf(queue, id), id);
        const kv = { "written/with/it": text("no") };
        await changesNothing(queue, () =>
          rejectsWith("WF_DUPLICATE_JOB_ID", () => queue.enqueue("other", text("job"), { id, kv })),
        );
      }
    },
  },
  {
    id: "queue-enqueue-018",
    title: "an id is free again when its job is acknowledged without retention, or removed",
    async run({ queue }) {
      await queue.ack(await addClaimed(queue, { id: "same" }));
      await add(queue, "second", { id: "same" });
      assert.equal(await queue.cancel("same"), "removed");
      assert.equal(await add(queue, "third", { id: "same" }), "same");
      const { job } = await claimOne(queue);
      assert.deepEqual([job.id, textOf(job.payload), job.attempts], ["same", "third", 1]);
    },
  },
  {
    id: "queue-enqueue-019",
    title: "one commit cannot use an id twice",
    async run({ queue }) {
      const request = { queue: JOBS, payload: text("job"), id: "same" };
      await changesNothing(queue, () =>
        rejectsWith("WF_DUPLICATE_JOB_ID", () => queue.enqueueMany([request, request])),
      );
    },
  },
  {
    id: "queue-enqueue-020",
    title: "enqueues of one id at the same time make one job",
    async run({ queue }) {
      const calls = range(20).map((index) => add(queue, `${index}`, { id: "same" }));
      const outcomes = await Promise.allSettled(calls);
      const made = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
      assert.equal(made.length, 1);
      assert.equal((await countsOf(queue)).pending, 1);
      assert.equal(textOf((await jobOf(queue, "same")).payload), `${made[0]}`);
    },
  },
  {
    id: "queue-enqueue-021",
    title: "what the caller does to its payload, headers and kv afterwards changes nothing",
    async run({ queue }) {
      const payload = text("payload");
      const headers: Record<string, string> = { name: "value" };
      const kv: Record<string, Uint8Array> = { key: text("value") };
      const value = kv["key"] as Uint8Array;
      const enqueued = queue.enqueue(JOBS, payload, { headers, kv });
      payload.fill(0);
      headers["name"] = "changed";
      headers["more"] = "changed";
      value.fill(0);
      kv["more"] = text("changed");
      const { id } = await enqueued;
      const job = await jobOf(queue, id);
      assertBody(job.payload, text("payload"));
      assert.deepEqual({ ...job.headers }, { name: "value" });
      assert.equal(await kvText(queue, "key"), "value");
      assert.equal(await kvText(queue, "more"), undefined);
    },
  },
  {
    id: "queue-enqueue-022",
    title: "jobs enqueued at the same time are all there, each once",
    async run({ queue }) {
      const ids = await Promise.all(range(200).map((index) => add(queue, `${index}`)));
      assert.equal(new Set(ids).size, 200);
      assert.deepEqual(await listIds(queue, "pending"), ids);
    },
  },
  {
    id: "queue-enqueue-023",
    title: "jobs that fell due together are taken by priority",
    async run({ queue, advance }) {
      await add(queue, "late", { delay: "1s", priority: 5 });
      await add(queue, "early", { delay: "2s", priority: 1 });
      await add(queue, "at once", { priority: 3 });
      await advance("2s");
      const claims = await queue.claim(JOBS, { max: 3 });
      assert.deepEqual(
        claims.map(({ job }) => textOf(job.payload)),
        ["early", "at once", "late"],
      );
    },
  },
  {
    id: "queue-enqueue-024",
    title: "kv entries are written with their job",
    async run({ queue }) {
      const kv = { "index/1": text("one"), "index/2": new Uint8Array() };
      await add(queue, "job", { kv });
      assert.equal(await kvText(queue, "index/1"), "one");
      assert.equal(await kvText(queue, "index/2"), "");
    },
  },
  {
    id: "queue-enqueue-025",
    title: "a job of the farthest future waits, and keeps no other from its time",
    async run({ queue, advance }) {
      const last = await add(queue, "last", { runAt: 8.64e15 });
      const farthest = await add(queue, "far", { delay: "100000d" });
      const near = await add(queue, "near", { delay: "1s" });
      await advance("1s");
      assert.deepEqual(idsOf(await queue.claim(JOBS, { max: 5 })), [near]);
      assert.deepEqual(await listIds(queue, "scheduled"), [farthest, last]);
    },
  },
];
