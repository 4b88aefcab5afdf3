import { type ObjectStore, WfError } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { expect, it } from "vitest";
import { checkRefusal, fuzzCases, type Stored } from "../../../core/test/fuzz/fuzz.ts";
import {
  BYTE_MUTATIONS,
  type Mutation,
  pick,
  resealed,
} from "../../../core/test/fuzz/mutations.ts";
import { bytes, copyOf, openQueue, openReader } from "../test-support/fixtures.ts";
import { portrait } from "../test-support/portrait.ts";
import { turn } from "../test-support/steered-object-store.ts";
import type { ObjectStoreQueue } from "./object-store-queue.ts";

const AT = 1_700_000_000_000;
const OPTIONS = {
  offloadAboveBytes: 1_024,
  queues: { kept: { doneRetention: "1d" }, jobs: { maxAttempts: 2 } },
} as const;
const LARGE = new Uint8Array(1_500).fill(7);
const MUTATIONS = Object.entries(BYTE_MUTATIONS);

/** Jobs in every state, with all that a job can have, in a log with or without snapshots. */
async function busyStore(snapshotAfterBytes: number): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const clock = new MockClock(AT);
  for (let opening = 0; opening < 2; opening++) {
    const queue = await openQueue(store, {
      ...OPTIONS,
      clock,
      snapshotAfterBytes,
      heartbeat: "1h",
    });
    for (let round = 0; round < 3; round++) {
      const onDead = { put: { [`died-${round}`]: bytes("yes") } };
      await queue.enqueue("jobs", bytes("plain"), { dedupKey: "once", headers: { a: "b" } });
      await queue.enqueue("jobs", LARGE, { onDead, backoff: { base: "1s" } });
      const { id } = await queue.enqueue("jobs", bytes("later"), { delay: "1h", priority: 5 });
      await queue.wake(id, bytes("up"));
      await queue.enqueue("jobs", bytes("much later"), { delay: "30d" });
      await queue.enqueue("kept", bytes("kept"), { kv: { [`key-${round}`]: LARGE } });
      const [kept] = await queue.claim("kept");
      await queue.ack(kept!);
      const [dying, failing, cancelled] = await queue.claim("jobs", { max: 3 });
      await queue.deadLetter(dying!, "no use");
      if (failing !== undefined) await queue.nack(failing, "again");
      if (cancelled !== undefined) await queue.cancel(cancelled.job.id);
      await turn(); // a snapshot, where there is one
    }
    if (opening === 1) await queue.close();
  }
  return store;
}

async function objectsOf(store: ObjectStore): Promise<Stored[]> {
  const objects: Stored[] = [];
  for await (const { key } of store.list("")) objects.push({ key, bytes: (await store.get(key))! });
  return objects;
}

interface Damage {
  readonly way: string;
  readonly key: string;
  readonly store: MemoryObjectStore;
}

async function damage(
  random: () => number,
  store: MemoryObjectStore,
  seed: number,
  wrap: (mutation: Mutation) => Mutation,
): Promise<Damage> {
  const objects = await objectsOf(store);
  const [way, mutation] = MUTATIONS[seed % MUTATIONS.length] as (typeof MUTATIONS)[number];
  const victim = pick(random, objects);
  const damaged = wrap(mutation)(random, victim.bytes, pick(random, objects).bytes);
  const copy = await copyOf(store, (key, body) => (key === victim.key ? damaged : body));
  return { way, key: victim.key, store: copy };
}

const DAMAGE = new Set(["WF_DATA_CORRUPT", "WF_LAYOUT_UNSUPPORTED", "WF_PAYLOAD_MISSING"]);
const STORES = await Promise.all([busyStore(1_073_741_824), busyStore(1)]);
const asItIs = (_: string, body: Uint8Array) => body;

async function seenByReader(store: ObjectStore): Promise<unknown> {
  const reader = await openReader(store, { clock: new MockClock(AT) });
  try {
    await reader.liveness();
    return await portrait(reader);
  } finally {
    await reader.close();
  }
}

async function seenByOwner(store: ObjectStore): Promise<unknown> {
  const queue = await openQueue(store, { ...OPTIONS, clock: new MockClock(AT) });
  const seen = await portrait(queue);
  await queue.close();
  return seen;
}

const VIEWS: readonly (readonly [string, (store: ObjectStore) => Promise<unknown>])[] = [
  ["owner", seenByOwner],
  ["reader", seenByReader],
];

it.each(VIEWS)(
  "the %s of a damaged object tells of it, or sees what was there",
  async (_, seen) => {
    const whole = await Promise.all(STORES.map(async (store) => seen(await copyOf(store, asItIs))));
    await fuzzCases(150, async (random, seed) => {
      const index = seed % STORES.length;
      const { way, key, store } = await damage(
        random,
        STORES[index]!,
        seed,
        (mutation) => mutation,
      );
      try {
        expect(await seen(store)).toEqual(whole[index]);
      } catch (error) {
        if (!WfError.is(error)) throw new Error(`${way}: ${key}`, { cause: error });
        checkRefusal(error, key);
      }
    });
  },
);

/** Everything that one can do with a queue whose records may say anything. */
async function useUp(queue: ObjectStoreQueue, clock: MockClock): Promise<void> {
  await portrait(queue);
  for (const name of await queue.inspect.listQueues()) {
    for (let round = 0; round < 3; round++) {
      for (const claim of await queue.claim(name, { max: 100 })) {
        if (round === 0) await queue.nack(claim, "not yet");
        else await queue.ack(claim);
      }
      await clock.advance("2d");
    }
    const dead = await queue.inspect.listJobs(name, "dead");
    for (const { id } of dead.items) await queue.requeueDead(id);
    for (const { id } of dead.items) await queue.cancel(id);
  }
  await queue.kv.put("after", bytes("all"));
  await queue.close();
}

it("records that make no sense, under a sound checksum, are refused or do no harm to the process", async () => {
  await fuzzCases(150, async (random, seed) => {
    const { way, key, store } = await damage(random, STORES[seed % 2]!, seed, resealed);
    const clock = new MockClock(AT);
    try {
      const queue = await openQueue(store, { ...OPTIONS, clock, snapshotAfterBytes: 1 });
      await useUp(queue, clock);
      // What it wrote of them can be read again.
      await openQueue(store, { ...OPTIONS, clock });
      await seenByReader(store);
    } catch (error) {
      if (!WfError.is(error)) throw new Error(`${way}: ${key}`, { cause: error });
      if (!DAMAGE.has(error.code)) throw error;
    }
  });
});
