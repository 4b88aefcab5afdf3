import assert from "node:assert/strict";
import type { ObjectStoreQueue } from "@wf/queue-object-store";
import { bytes, text } from "../../fixtures.ts";
import type { Scenario } from "../crash-everywhere.ts";
import type { Life } from "../life.ts";
import { has, LARGE, workOff } from "./marked-jobs.ts";

const dedup: Scenario = {
  name: "many jobs in one commit, each once",
  async live(life) {
    const queue = await life.open();
    const names = ["a", "b", "c", "d"];
    await checkBatch(queue, names);
    if (!(await has(queue, "worked"))) {
      const requests = names.map((name) => ({
        queue: name,
        payload: bytes(name),
        dedupKey: "once",
        kv: { [`batch/${name}`]: bytes(`${life.number}`) },
      }));
      const results = await queue.enqueueMany(requests);
      assert.equal(new Set(results.map(({ isNew }) => isNew)).size, 1, "some are new");
      life.ledger.tell("batch");
      await checkBatch(queue, names);
      await queue.kv.put("worked", bytes(""));
    }
    for (const name of names) await workOff(life, name);
    await life.close();
  },
  async check(life) {
    const queue = await life.open();
    for (const name of ["a", "b", "c", "d"]) {
      const { done, pending } = await queue.inspect.stats(name);
      assert.deepEqual({ done, pending }, { done: 1, pending: 0 });
    }
    await life.close();
  },
};

/** All of them or none, from one process. */
async function checkBatch(queue: ObjectStoreQueue, names: readonly string[]): Promise<void> {
  const marks = await Promise.all(names.map((name) => queue.kv.get(`batch/${name}`)));
  assert.equal(new Set(marks.map(text)).size, 1, `a half of a batch: ${marks.map(text)}`);
}

const DYING = {
  queues: { jobs: { maxAttempts: 2, backoff: { base: "1m", jitter: "none" } } },
} as const;

const deaths: Scenario = {
  name: "failures, backoff and deaths with what they leave",
  async live(life) {
    const queue = await life.open(DYING);
    for (const id of ["nacked", "rejected"]) {
      if (await has(queue, `enqueued/${id}`)) continue;
      const onDead = {
        put: { [`died/${id}`]: bytes("") },
        enqueue: [{ queue: "epitaphs", id: `epitaph-${id}`, payload: LARGE }],
      };
      const kv = { [`enqueued/${id}`]: bytes("") };
      await queue.enqueue("jobs", bytes(id), { id, onDead, kv });
      life.ledger.tell(`enqueued ${id}`);
    }
    for (let rounds = 0; rounds < 4; rounds++) {
      const claims = await queue.claim("jobs", { max: 5 });
      await life.pass(); // the claims are written alone
      for (const claim of claims) {
        if (claim.job.id === "rejected") await queue.deadLetter(claim, "useless");
        else await queue.nack(claim, "failed");
        life.ledger.tell(`settled ${claim.job.id} ${claim.job.attempts}`);
      }
      await checkDeaths(life);
      await life.pass("1m");
    }
    await life.close();
  },
  async check(life) {
    const queue = await life.open(DYING);
    for (const id of ["nacked", "rejected"]) {
      assert.ok(await has(queue, `died/${id}`));
      const job = await queue.inspect.getJob(id);
      assert.equal(job?.state, "dead");
      assert.ok(job.attempts <= 2);
    }
    await workOff(life, "epitaphs");
    assert.equal((await queue.inspect.stats("epitaphs")).done, 2);
    await life.close();
  },
};

/** A job is dead exactly when what it left for its death is there. */
async function checkDeaths({ queue, ledger }: Life): Promise<void> {
  for (const id of ["nacked", "rejected"]) {
    const job = await queue.inspect.getJob(id);
    const isDead = job?.state === "dead";
    assert.equal(await has(queue, `died/${id}`), isDead);
    assert.equal((await queue.inspect.getJob(`epitaph-${id}`)) !== undefined, isDead);
    const last = id === "rejected" ? 1 : 2;
    if (ledger.knows(`settled ${id} ${last}`)) assert.ok(isDead, `${id} lives again`);
    if (ledger.knows(`enqueued ${id}`)) assert.notEqual(job, undefined);
  }
}

const counter: Scenario = {
  name: "a counter by compareAndPut",
  async live(life) {
    const { ledger } = life;
    const { kv } = await life.open();
    const addTo = async (name: string) => {
      const before = await kv.get(name);
      const next = Number(text(before) ?? 0) + 1;
      assert.ok(next > ledger.counted(name), `${name} lost what was acknowledged`);
      if (await kv.compareAndPut(name, before, bytes(`${next}`))) ledger.count(name);
    };
    for (let round = 0; round < 4; round++) {
      // Two at once, of which one is refused and comes again.
      await Promise.all([addTo("counter"), addTo("counter"), addTo("other")]);
    }
    await life.close();
  },
  async check(life) {
    const { kv } = await life.open();
    const value = Number(text(await kv.get("counter")));
    const acknowledged = life.ledger.counted("counter");
    // Each of the two processes that died may have had one more in the store than it knew of.
    assert.ok(value >= acknowledged && value <= acknowledged + 2, `${value} of ${acknowledged}`);
    assert.equal(await kv.compareAndDelete("counter", bytes(`${value}`)), true);
    await life.close();
  },
};

const timers: Scenario = {
  name: "timers and those who are woken before their time",
  async live(life) {
    const { ledger, clock } = life;
    const queue = await life.open();
    if (!(await has(queue, "enqueued/timers"))) {
      const runAt = clock.now() + 3_600_000;
      await queue.commit({
        put: { "enqueued/timers": bytes(`${runAt}`) },
        enqueue: [
          { queue: "jobs", id: "timer", payload: bytes(""), runAt },
          { queue: "jobs", id: "sleeper", payload: bytes(""), delay: "30d" },
        ],
      });
      ledger.tell("enqueued timers");
    }
    const sleeper = await queue.inspect.getJob("sleeper");
    if (ledger.knows("woken") && sleeper !== undefined) {
      assert.equal(text(sleeper.wakePayload), "up");
      assert.equal(sleeper.state, "pending");
    }
    if (!ledger.knows("woken") && sleeper?.state === "scheduled") {
      assert.equal(await queue.wake("sleeper", bytes("up")), "woken");
      ledger.tell("woken");
    }
    await workOff(life);
    assert.equal((await queue.inspect.getJob("sleeper"))?.state, undefined);
    const dueAt = Number(text(await queue.kv.get("enqueued/timers")));
    if (clock.now() < dueAt)
      assert.equal((await queue.inspect.getJob("timer"))?.state, "scheduled");
    await life.pass("1h");
    await workOff(life);
    await life.close();
  },
  async check(life) {
    const queue = await life.open();
    assert.ok(await has(queue, "done/timer"));
    assert.ok(await has(queue, "done/sleeper"));
    await life.close();
  },
};

export const JOB_SCENARIOS: readonly Scenario[] = [dedup, deaths, counter, timers];
