import assert from "node:assert/strict";
import type { Claim } from "@wf/core";
import { text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  addMany,
  countsOf,
  hasSettled,
  idsOf,
  JOBS,
  type QueueCase,
  range,
  soon,
  stateOf,
} from "./queue-case.ts";

const WAIT = { wait: "1m" } as const;

export const CLAIM_WAIT_CASES: readonly QueueCase[] = [
  {
    id: "queue-claim-wait-001",
    title: "a claim that waits gets the job of a later enqueue without any time passing",
    async run(world) {
      const { queue, advance } = world;
      const waiting = queue.claim(JOBS, WAIT);
      await advance("10s");
      const id = await add(queue);
      assert.deepEqual(idsOf(await soon(world, waiting)), [id]);
    },
  },
  {
    id: "queue-claim-wait-002",
    title: "a claim that waits gets a scheduled job when that falls due",
    async run(world) {
      const { queue, advance } = world;
      const id = await add(queue, "job", { delay: "10s" });
      const waiting = queue.claim(JOBS, WAIT);
      await advance(9_999);
      assert.equal(await hasSettled(world, waiting), false);
      await advance(1);
      assert.deepEqual(idsOf(await soon(world, waiting)), [id]);
    },
  },
  {
    id: "queue-claim-wait-003",
    title: "a claim that waits gets a job whose retry is due",
    queues: { [JOBS]: { backoff: { base: "10s", jitter: "none" } } },
    async run(world) {
      const { queue, advance } = world;
      const claim = await addClaimed(queue);
      const waiting = queue.claim(JOBS, WAIT);
      await queue.nack(claim, "failed");
      await advance(9_999);
      assert.equal(await hasSettled(world, waiting), false);
      await advance(1);
      assert.equal((await soon(world, waiting))[0]?.job.attempts, 2);
    },
  },
  {
    id: "queue-claim-wait-004",
    title: "a claim that waits gets a job that is retried at once",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run(world) {
      const { queue } = world;
      const claim = await addClaimed(queue);
      const waiting = queue.claim(JOBS, WAIT);
      await queue.nack(claim, "failed");
      assert.deepEqual(idsOf(await soon(world, waiting)), [claim.job.id]);
    },
  },
  {
    id: "queue-claim-wait-005",
    title: "a claim that waits gets a job whose lease ran out",
    async run(world) {
      const { queue, advance } = world;
      const claim = await addClaimed(queue);
      const waiting = queue.claim(JOBS, WAIT);
      await advance("31s");
      assert.deepEqual(idsOf(await soon(world, waiting)), [claim.job.id]);
    },
  },
  {
    id: "queue-claim-wait-006",
    title: "a claim that waits gets a job that is woken",
    async run(world) {
      const { queue } = world;
      const id = await add(queue, "job", { delay: "1h" });
      const waiting = queue.claim(JOBS, WAIT);
      await queue.wake(id);
      assert.deepEqual(idsOf(await soon(world, waiting)), [id]);
    },
  },
  {
    id: "queue-claim-wait-007",
    title: "a claim that waits gets a dead job that is given a new life",
    async run(world) {
      const { queue } = world;
      const id = await addDead(queue);
      const waiting = queue.claim(JOBS, WAIT);
      await queue.requeueDead(id);
      assert.deepEqual(idsOf(await soon(world, waiting)), [id]);
    },
  },
  {
    id: "queue-claim-wait-008",
    title: "a claim that waits gets a job that an acknowledgement enqueues",
    async run(world) {
      const { queue } = world;
      const claim = await addClaimed(queue);
      const waiting = queue.claim(JOBS, WAIT);
      await queue.ack(claim, { enqueue: [{ queue: JOBS, payload: text("next"), id: "next" }] });
      assert.deepEqual(idsOf(await soon(world, waiting)), ["next"]);
    },
  },
  {
    id: "queue-claim-wait-009",
    title: "a wait ends with nothing when its time is up, and not before",
    async run(world) {
      const { queue, advance } = world;
      const waiting = queue.claim(JOBS, WAIT);
      await advance(59_999);
      assert.equal(await hasSettled(world, waiting), false);
      await advance(1);
      assert.deepEqual(await soon(world, waiting), []);
    },
  },
  {
    id: "queue-claim-wait-010",
    title: "a wait ends with nothing when its signal is aborted",
    async run(world) {
      const { queue, advance } = world;
      const stop = new AbortController();
      const waiting = queue.claim(JOBS, { wait: "1h", signal: stop.signal });
      await advance("10s");
      assert.equal(await hasSettled(world, waiting), false);
      stop.abort(new Error("stopped"));
      assert.deepEqual(await soon(world, waiting), []);
    },
  },
  {
    id: "queue-claim-wait-011",
    title: "with a signal that is aborted already there is no waiting",
    async run(world) {
      const { queue } = world;
      const signal = AbortSignal.abort(new Error("stopped"));
      assert.deepEqual(await soon(world, queue.claim(JOBS, { wait: "1h", signal })), []);
    },
  },
  {
    id: "queue-claim-wait-012",
    title: "a wait that has ended takes no job that comes later",
    async run(world) {
      const { queue, advance } = world;
      const stop = new AbortController();
      const aborted = queue.claim(JOBS, { wait: "1h", signal: stop.signal });
      const timedOut = queue.claim(JOBS, { wait: "1s" });
      await advance("1s");
      stop.abort();
      await soon(world, Promise.all([aborted, timedOut]));
      const id = await add(queue);
      await advance("1s");
      assert.equal(await stateOf(queue, id), "pending");
      assert.deepEqual(idsOf(await queue.claim(JOBS)), [id]);
    },
  },
  {
    id: "queue-claim-wait-013",
    title: "those who wait are served in the order in which they came",
    async run(world) {
      const { queue, advance } = world;
      const served: number[] = [];
      const waits = range(5).map(async (index) => {
        await queue.claim(JOBS, WAIT);
        served.push(index);
      });
      await advance("1s");
      for (let count = 1; count <= 5; count++) {
        await add(queue);
        await advance(0);
        assert.deepEqual(served, range(count));
      }
      await soon(world, Promise.all(waits));
    },
  },
  {
    id: "queue-claim-wait-014",
    title: "several jobs of one commit go to several who wait",
    async run(world) {
      const { queue, advance } = world;
      const waits = range(3).map(() => queue.claim(JOBS, WAIT));
      await advance("1s");
      const ids = await addMany(queue, 3);
      const claims = await soon(world, Promise.all(waits));
      assert.deepEqual(
        claims.map((given) => given.length),
        [1, 1, 1],
      );
      assert.deepEqual(idsOf(claims.flat()).sort(), ids);
    },
  },
  {
    id: "queue-claim-wait-015",
    title: "a wait for several jobs ends with the first that come",
    async run(world) {
      const { queue, advance } = world;
      const waiting = queue.claim(JOBS, { max: 10, wait: "1m" });
      await advance("1s");
      const ids = await addMany(queue, 2);
      assert.deepEqual(idsOf(await soon(world, waiting)), ids);
    },
  },
  {
    id: "queue-claim-wait-016",
    title: "a wait on one queue is left alone by the jobs of another",
    async run(world) {
      const { queue, advance } = world;
      const waiting = queue.claim("other", WAIT);
      const id = await add(queue);
      await advance("1s");
      assert.equal(await hasSettled(world, waiting), false);
      assert.equal(await stateOf(queue, id), "pending");
      await queue.enqueue("other", text("job"));
      assert.equal((await soon(world, waiting)).length, 1);
    },
  },
  {
    id: "queue-claim-wait-017",
    title: "the lease of a claim that waited starts when the job is given",
    async run(world) {
      const { queue, advance } = world;
      const waiting = queue.claim(JOBS, { wait: "10m", lease: "10s" });
      await advance("5m");
      await add(queue);
      const [claim] = (await soon(world, waiting)) as [Claim];
      assert.equal(claim.leaseExpiresAt, queue.clock.now() + 10_000);
      await advance("9s");
      await queue.ack(claim);
    },
  },
  {
    id: "queue-claim-wait-018",
    title: "among many who wait and many who enqueue, each job is delivered exactly once",
    async run(world) {
      const { queue, advance } = world;
      const waits = range(50).map(() => queue.claim(JOBS, { ...WAIT, lease: "1h" }));
      const enqueues = range(40).map(() => add(queue));
      const more = range(50).map(() => queue.claim(JOBS, { ...WAIT, lease: "1h" }));
      enqueues.push(...range(40).map(() => add(queue)));
      const ids = await Promise.all(enqueues);
      await advance("1m");
      const claims = (await soon(world, Promise.all([...waits, ...more]))).flat();
      assert.deepEqual(idsOf(claims).sort(), ids);
      assert.equal((await countsOf(queue)).claimed, 80);
    },
  },
];
