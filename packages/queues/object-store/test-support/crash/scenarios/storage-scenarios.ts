import assert from "node:assert/strict";
import type { ObjectStoreQueue } from "@wf/queue-object-store";
import { bytes, text } from "../../fixtures.ts";
import type { Scenario } from "../crash-everywhere.ts";
import type { Life } from "../life.ts";
import { checkJobs, enqueueOnce, has, LARGE, workOff } from "./marked-jobs.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

const RETAINED = { queues: { jobs: { doneRetention: "1h", deadRetention: "1h" } } } as const;

const finishedJobs: Scenario = {
  name: "finished jobs are kept for their time",
  async live(life) {
    await life.open(RETAINED);
    const ids = numbers(3).map((number) => `job-${number}`);
    await checkJobs(life, ids);
    for (const id of ids) {
      await enqueueOnce(life, id);
      await workOff(life);
      await life.pass("40m");
    }
    const { queue } = life;
    if (!(await has(queue, "died"))) {
      await queue.enqueue("jobs", bytes(""), { onDead: { put: { died: bytes("") } } });
      for (const claim of await queue.claim("jobs", { max: 9 }))
        await queue.deadLetter(claim, "no");
    }
    await life.pass("2h");
    await life.close();
  },
  async check(life) {
    const queue = await life.open(RETAINED);
    for (const number of numbers(3)) assert.ok(await has(queue, `done/job-${number}`));
    assert.ok(await has(queue, "died"));
    await life.pass("2h");
    await life.pass("2h");
    await queue.kv.put("after", bytes("all"));
    for (const state of ["done", "dead", "pending"] as const) {
      assert.deepEqual((await queue.inspect.listJobs("jobs", state)).items, []);
    }
    await life.close();
  },
};

const OFFLOADING = { offloadAboveBytes: 1_024, ...RETAINED } as const;

const largePayloads: Scenario = {
  name: "large payloads are objects of their own",
  async live(life) {
    const queue = await life.open(OFFLOADING);
    const ids = numbers(3).map((number) => `job-${number}-large`);
    await checkJobs(life, ids);
    await Promise.all(ids.map((id) => enqueueOnce(life, id)));
    // Payloads that no job comes to own, and one that goes with its job.
    const request = { queue: "other", payload: LARGE } as const;
    await queue.enqueueMany([
      { ...request, dedupKey: "once" },
      { ...request, dedupKey: "once" },
    ]);
    const refused = queue.commit({ expect: { never: LARGE }, enqueue: [request] });
    await assert.rejects(refused, { code: "WF_CONFLICT" });
    const { items } = await queue.inspect.listJobs("other", "pending");
    for (const { id, payload } of items) {
      assert.deepEqual(payload, LARGE);
      await queue.cancel(id);
    }
    await workOff(life);
    await life.pass("3h"); // done with retention, so gone by then
    await life.close();
  },
  async check(life) {
    const queue = await life.open(OFFLOADING);
    for (const number of numbers(3)) assert.ok(await has(queue, `done/job-${number}-large`));
    await life.pass("3h");
    await queue.kv.put("after", bytes("all"));
    await life.close();
  },
};

const SNAPSHOTS = { snapshotAfterBytes: 1, ...OFFLOADING } as const;

const SNAPSHOT_JOBS = ["job-0-large", "job-1", "job-2-large"];

const snapshots: Scenario = {
  name: "snapshots and the collection of what they cover",
  async live(life) {
    const queue = await life.open(SNAPSHOTS);
    const ids = SNAPSHOT_JOBS;
    await checkJobs(life, ids);
    for (const id of ids) {
      await enqueueOnce(life, id);
      if (id !== "job-1") await workOff(life);
      await queue.kv.put("newest", bytes(id));
      await life.pass("10m"); // a snapshot is taken meanwhile
    }
    await life.close();
  },
  async check(life) {
    const queue = await life.open(SNAPSHOTS);
    assert.equal(text(await queue.kv.get("newest")), SNAPSHOT_JOBS.at(-1));
    for (const id of SNAPSHOT_JOBS) assert.ok(await has(queue, `done/${id}`));
    assert.equal((await queue.inspect.stats("jobs")).done, SNAPSHOT_JOBS.length);
    await life.pass("3h");
    await queue.kv.put("after", bytes("all"));
    await life.close();
  },
};

const takeover: Scenario = {
  name: "a second owner takes over a living first",
  async live(life) {
    const first = await life.open({ segmentMaxBytes: 4_096 });
    await checkCounters(first, life);
    // Several writes of the first are under way while the second opens.
    const writes = numbers(6).map((number) => add(first, life, `a${number}`));
    const second = await life.open();
    await Promise.all(writes);
    await checkCounters(second, life);
    await Promise.all(numbers(3).map((number) => add(second, life, `b${number}`)));
    await life.close();
  },
  async check(life) {
    await checkCounters(await life.open(), life);
    await life.close();
  },
};

const pausedOwner: Scenario = {
  name: "an owner that slept is fenced when all it wrote is collected",
  async live(life) {
    const first = await life.open({ snapshotAfterBytes: 1 });
    await checkNotes(first, life);
    await note(first, life, "first");
    const second = await life.open({ snapshotAfterBytes: 1 });
    for (const name of ["a", "b", "c"]) {
      await note(second, life, name);
      await life.pass(); // a snapshot, and what it collects
    }
    await assert.rejects(note(first, life, "late"), { code: "WF_FENCED" });
    await checkNotes(second, life);
    await life.close();
  },
  async check(life) {
    await checkNotes(await life.open(), life);
    await life.close();
  },
};

async function note(
  { kv }: ObjectStoreQueue,
  { ledger, number }: Life,
  name: string,
): Promise<void> {
  await kv.put(`note/${name}-${number}`, bytes(""));
  ledger.tell(`noted ${name}-${number}`);
}

async function checkNotes(queue: ObjectStoreQueue, { ledger }: Life): Promise<void> {
  for (const life of [1, 2, 3]) {
    for (const name of ["first", "a", "b", "c", "late"]) {
      const isThere = await has(queue, `note/${name}-${life}`);
      assert.ok(isThere || !ledger.knows(`noted ${name}-${life}`), `${name} is lost`);
    }
  }
}

/** Enqueues a job and a mark for it; whether it was acknowledged is known outside. */
async function add(queue: ObjectStoreQueue, { ledger, number }: Life, name: string): Promise<void> {
  const id = `${name}-${number}`;
  // Large enough for a segment of its own.
  const enqueue = [{ queue: "jobs", id, payload: new Uint8Array(4_096) }];
  try {
    await queue.commit({ put: { [`added/${id}`]: bytes("") }, enqueue });
    ledger.tell(`added ${id}`);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "WF_FENCED");
    ledger.tell(`refused ${id}`);
  }
}

async function checkCounters(queue: ObjectStoreQueue, { ledger }: Life): Promise<void> {
  for (const life of [1, 2, 3]) {
    for (const name of ["a0", "a1", "a2", "a3", "a4", "a5", "b0", "b1", "b2"]) {
      const id = `${name}-${life}`;
      const isThere = await has(queue, `added/${id}`);
      assert.equal((await queue.inspect.getJob(id)) !== undefined, isThere, `${id} is half there`);
      if (ledger.knows(`added ${id}`)) assert.ok(isThere, `${id} is lost`);
    }
  }
}

export const STORAGE_SCENARIOS: readonly Scenario[] = [
  finishedJobs,
  largePayloads,
  snapshots,
  takeover,
  pausedOwner,
];
