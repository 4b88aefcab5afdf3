import assert from "node:assert/strict";
import type { Claim, Effects, EnqueueOptions } from "@wf/core";
import { text } from "../assertions.ts";
import {
  add,
  addClaimed,
  claimOne,
  countsOf,
  JOBS,
  jobOf,
  kvText,
  type QueueCase,
  type QueueWorld,
  stateOf,
  textOf,
} from "./queue-case.ts";

const MOURNERS = "mourners";

/** Effects that leave a trace of each of their kinds. */
function trace(name: string): Effects {
  return {
    enqueue: [
      {
        queue: MOURNERS,
        payload: text(name),
        headers: { of: name },
        kv: { "with job": text(name) },
      },
    ],
    wake: [{ jobId: "sleeper", payload: text(name) }],
    put: { died: text(name) },
    delete: ["alive"],
  };
}

async function addMortal({ queue }: QueueWorld, options: EnqueueOptions = {}): Promise<Claim> {
  await queue.kv.put("alive", text("yes"));
  await queue.enqueue("sleepers", text("job"), { id: "sleeper", delay: "7d" });
  return addClaimed(queue, { onDead: trace("own"), ...options });
}

async function assertApplied({ queue }: QueueWorld, name: string): Promise<void> {
  const [mourner, ...more] = await queue.claim(MOURNERS, { max: 10 });
  assert.deepEqual(more, []);
  assert.equal(textOf(mourner?.job.payload), name);
  assert.deepEqual({ ...mourner?.job.headers }, { of: name });
  assert.equal(await kvText(queue, "with job"), name);
  assert.equal(await kvText(queue, "died"), name);
  assert.equal(await kvText(queue, "alive"), undefined);
  const sleeper = await jobOf(queue, "sleeper");
  assert.deepEqual([sleeper.state, textOf(sleeper.wakePayload)], ["pending", name]);
}

async function assertNotApplied({ queue }: QueueWorld): Promise<void> {
  assert.equal((await countsOf(queue, MOURNERS)).pending, 0);
  assert.equal(await kvText(queue, "died"), undefined);
  assert.equal(await kvText(queue, "alive"), "yes");
  assert.equal(await stateOf(queue, "sleeper"), "scheduled");
}

export const ON_DEAD_CASES: readonly QueueCase[] = [
  {
    id: "queue-on-dead-001",
    title: "a job's onDead is applied when deadLetter makes it dead",
    async run(world) {
      await world.queue.deadLetter(await addMortal(world), "reason");
      await assertApplied(world, "own");
    },
  },
  {
    id: "queue-on-dead-002",
    title: "a job's onDead is applied when its last nack makes it dead, and not by those before",
    async run(world) {
      const { queue } = world;
      const first = await addMortal(world, { maxAttempts: 2, backoff: { base: 0 } });
      await queue.nack(first, "error");
      await assertNotApplied(world);
      await queue.nack(await claimOne(queue), "error");
      await assertApplied(world, "own");
    },
  },
  {
    id: "queue-on-dead-003",
    title: "a job's onDead is applied when its last lease runs out, and not by those before",
    async run(world) {
      const { queue, advance } = world;
      await addMortal(world, { maxAttempts: 2 });
      await advance("31s");
      await assertNotApplied(world);
      await claimOne(queue);
      await advance("31s");
      await assertApplied(world, "own");
    },
  },
  {
    id: "queue-on-dead-004",
    title: "a job's onDead is applied when the process dies in its last delivery",
    needsReopen: true,
    async run(world) {
      await addMortal(world, { maxAttempts: 1 });
      // Durable only after what was recorded before it.
      await world.queue.kv.put("barrier", text("1"));
      const queue = await world.reopen();
      if (world.shared) await world.advance("31s");
      await assertApplied({ ...world, queue }, "own");
    },
  },
  {
    id: "queue-on-dead-005",
    title: "a job's onDead outlives the process that enqueued it",
    needsReopen: true,
    async run(world) {
      const claim = await addMortal(world);
      await world.queue.nack(claim, "error", { retryAfter: 0 });
      const queue = await world.reopen();
      await queue.deadLetter(await claimOne(queue), "reason");
      await assertApplied({ ...world, queue }, "own");
    },
  },
  {
    id: "queue-on-dead-006",
    title: "the effects of a deadLetter take the place of the job's own",
    async run(world) {
      await world.queue.deadLetter(await addMortal(world), "reason", trace("explicit"));
      await assertApplied(world, "explicit");
    },
  },
  {
    id: "queue-on-dead-007",
    title: "the effects of a last nack take the place of the job's own",
    async run(world) {
      const claim = await addMortal(world, { maxAttempts: 1 });
      await world.queue.nack(claim, "error", { onDead: trace("explicit") });
      await assertApplied(world, "explicit");
    },
  },
  {
    id: "queue-on-dead-008",
    title: "explicit effects that are empty replace the job's own by nothing",
    async run(world) {
      const { queue } = world;
      await queue.deadLetter(await addMortal(world), "reason", {});
      await assertNotApplied(world);
      const last = await addClaimed(queue, { onDead: trace("own"), maxAttempts: 1 });
      await queue.nack(last, "error", { onDead: {} });
      await assertNotApplied(world);
    },
  },
  {
    id: "queue-on-dead-009",
    title: "a job's onDead is not applied when it is acknowledged or removed",
    async run(world) {
      const { queue } = world;
      await queue.ack(await addMortal(world));
      await queue.cancel(await add(queue, "job", { onDead: trace("own") }));
      await queue.cancel(await add(queue, "job", { onDead: trace("own"), delay: "1h" }));
      await assertNotApplied(world);
    },
  },
  {
    id: "queue-on-dead-010",
    title: "a job that is given a new life has its onDead applied at its next death too",
    async run(world) {
      const { queue } = world;
      const claim = await addMortal(world);
      await queue.deadLetter(claim, "reason", {});
      await assertNotApplied(world);
      await queue.requeueDead(claim.job.id);
      await queue.deadLetter(await claimOne(queue), "reason");
      await assertApplied(world, "own");
    },
  },
  {
    id: "queue-on-dead-011",
    title:
      "an onDead of which an enqueue is impossible still lets the job die, with the rest of it",
    async run(world) {
      const { queue, advance } = world;
      await queue.enqueue(MOURNERS, text("first"), { id: "taken" });
      const onDead: Effects = {
        enqueue: [
          { queue: MOURNERS, payload: text("second"), id: "taken" },
          { queue: MOURNERS, payload: text("third"), id: "free" },
        ],
        put: { died: text("yes") },
      };
      const { job } = await addClaimed(queue, { onDead, maxAttempts: 1 });
      await advance("31s");
      assert.equal(await stateOf(queue, job.id), "dead");
      assert.equal(await kvText(queue, "died"), "yes");
      assert.equal(await stateOf(queue, "free"), "pending");
      assert.equal(textOf((await jobOf(queue, "taken")).payload), "first");
    },
  },
  {
    id: "queue-on-dead-012",
    title: "the delay of an enqueue in onDead counts from the death",
    async run({ queue, advance }) {
      const enqueue = [
        { queue: MOURNERS, payload: text("job"), id: "next", delay: "10s" },
      ] as const;
      const claim = await addClaimed(queue, { onDead: { enqueue } });
      await advance("20s");
      await queue.deadLetter(claim, "reason");
      assert.equal((await jobOf(queue, "next")).runAt, queue.clock.now() + 10_000);
    },
  },
  {
    id: "queue-on-dead-013",
    title: "a dedup key in onDead is looked at when the job dies",
    async run({ queue }) {
      const enqueue = [{ queue: MOURNERS, payload: text("job"), dedupKey: "key" }];
      const first = await addClaimed(queue, { onDead: { enqueue } });
      const second = await addClaimed(queue, { onDead: { enqueue } });
      await queue.deadLetter(first, "reason");
      await queue.deadLetter(second, "reason");
      assert.equal((await countsOf(queue, MOURNERS)).pending, 1);
      assert.equal((await countsOf(queue)).dead, 2);
    },
  },
  {
    id: "queue-on-dead-014",
    title: "what the caller does to its onDead afterwards changes nothing",
    async run(world) {
      const { queue } = world;
      const onDead = trace("own") as {
        enqueue: { queue: string; payload: Uint8Array; headers: Record<string, string> }[];
        put: Record<string, Uint8Array>;
        delete: string[];
        wake: { jobId: string; payload: Uint8Array }[];
      };
      const claim = await addMortal(world, { onDead });
      onDead.enqueue[0]?.payload.fill(0);
      Object.assign(onDead.enqueue[0]?.headers ?? {}, { of: "changed" });
      onDead.enqueue.push({ queue: MOURNERS, payload: text("more"), headers: {} });
      onDead.put["died"]?.fill(0);
      onDead.wake[0]?.payload.fill(0);
      onDead.delete.push("died");
      await queue.deadLetter(claim, "reason");
      await assertApplied(world, "own");
    },
  },
  {
    id: "queue-on-dead-015",
    title: "an enqueue in effects may carry an onDead of its own",
    async run(world) {
      const { queue } = world;
      await queue.kv.put("alive", text("yes"));
      await queue.enqueue("sleepers", text("job"), { id: "sleeper", delay: "7d" });
      const request = { queue: JOBS, payload: text("job"), onDead: trace("own"), maxAttempts: 1 };
      await queue.ack(await addClaimed(queue), { enqueue: [request] });
      await queue.nack(await claimOne(queue), "error");
      await assertApplied(world, "own");
    },
  },
  {
    id: "queue-on-dead-016",
    title: "jobs that onDead enqueues have the settings they ask for",
    async run({ queue }) {
      const request = {
        queue: MOURNERS,
        payload: text("job"),
        id: "next",
        priority: 7,
        maxAttempts: 9,
        headers: { name: "value" },
        backoff: { base: "3s", jitter: "none" },
      } as const;
      await queue.deadLetter(await addClaimed(queue, { onDead: { enqueue: [request] } }), "reason");
      const [claim] = await queue.claim(MOURNERS);
      assert.deepEqual([claim?.job.priority, claim?.job.maxAttempts], [7, 9]);
      assert.deepEqual({ ...claim?.job.headers }, { name: "value" });
      await queue.nack(claim!, "error");
      assert.equal((await jobOf(queue, "next")).runAt, queue.clock.now() + 3_000);
    },
  },
];
