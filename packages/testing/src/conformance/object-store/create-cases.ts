import assert from "node:assert/strict";
import { createObject, type ObjectStore } from "@wf/core";
import { assertBody, assertCode, rejectsWith, text } from "../assertions.ts";
import { keysOf, type ObjectStoreCase } from "./object-store-case.ts";

const RACERS = 20;
/** One race each. */
const RACED_KEYS = Array.from({ length: 30 }, (_, i) => `raced/${i}`);

export const CREATE_CASES: readonly ObjectStoreCase[] = [
  {
    id: "create-001",
    title: "put with ifAbsent creates an object that is not there",
    async run({ store }) {
      await store.put("key", text("one"), { ifAbsent: true });
      assertBody(await store.get("key"), text("one"));
    },
  },
  {
    id: "create-002",
    title: "put with ifAbsent fails with WF_STORE_ALREADY_EXISTS and leaves the object as it is",
    async run({ store }) {
      await store.put("key", text("one"));
      await rejectsWith("WF_STORE_ALREADY_EXISTS", () =>
        store.put("key", text("two"), { ifAbsent: true }),
      );
      assertBody(await store.get("key"), text("one"));
    },
  },
  {
    id: "create-003",
    title: "a deleted key can be created again",
    async run({ store }) {
      await store.put("key", text("one"), { ifAbsent: true });
      await store.delete("key");
      await store.put("key", text("two"), { ifAbsent: true });
      assertBody(await store.get("key"), text("two"));
    },
  },
  {
    id: "create-004",
    title: "of racing creates exactly one wins, and its body is what is read",
    run: ({ store }) => raceForKey(store, "raced/key"),
  },
  {
    id: "create-005",
    title: "of creates that race for many keys at a time exactly one wins each key",
    async run({ store }) {
      const keys = Array.from({ length: 25 }, (_, i) => `raced/${i % 3}/${i}`);
      await Promise.all(keys.map((key) => raceForKey(store, key)));
      assert.deepEqual(await keysOf(store, ""), keys.toSorted());
    },
  },
  {
    id: "create-006",
    title: "an empty object is in the way of a create as any other is",
    async run({ store }) {
      await store.put("empty", new Uint8Array(), { ifAbsent: true });
      await rejectsWith("WF_STORE_ALREADY_EXISTS", () =>
        store.put("empty", text("two"), { ifAbsent: true }),
      );
      assertBody(await store.get("empty"), new Uint8Array());
    },
  },
  {
    id: "create-007",
    title: "neighbours are not in the way of a create",
    async run({ store }) {
      const keys = ["a/b", "a", "a/b/c", "A", "a-", "a.b", "a/B"];
      for (const key of keys) await store.put(key, text(key), { ifAbsent: true });
      for (const key of keys) assertBody(await store.get(key), text(key), key);
    },
  },
  {
    id: "create-008",
    title: "a create that races a delete succeeds where there was no object",
    async run({ store }) {
      // A conflict that is none of another creator must not be told as "already exists".
      await Promise.all(
        RACED_KEYS.map(async (key, i) => {
          const created = await raceDelete(store, key, i % 2 === 0);
          assert.ok(created, `${key} was never there and was told to exist already`);
          const got = await store.get(key);
          if (got !== undefined) assertBody(got, text(`new ${key}`), key);
        }),
      );
    },
  },
  {
    id: "create-009",
    title: "a create that races the delete of an object comes wholly before it or after it",
    async run({ store }) {
      await Promise.all(
        RACED_KEYS.map(async (key, i) => {
          await store.put(key, text(`old ${key}`));
          const created = await raceDelete(store, key, i % 2 === 0);
          const got = await store.get(key);
          if (created) assertBody(got, text(`new ${key}`), key);
          else assert.equal(got, undefined, `${key} kept its object and was not created either`);
        }),
      );
    },
  },
  {
    id: "create-010",
    title: "a create that races a plain put never takes its place",
    async run({ store }) {
      await Promise.all(
        RACED_KEYS.map(async (key, i) => {
          const create = () => creates(store, key, text("created"));
          const put = () => store.put(key, text("put"));
          await Promise.all(i % 2 === 0 ? [create(), put()] : [put(), create()]);
          assertBody(await store.get(key), text("put"), key);
        }),
      );
    },
  },
  {
    id: "create-011",
    title: "createObject tells one racer that it created the object, and the others whose it is",
    async run({ store }) {
      const bodies = Array.from({ length: RACERS }, (_, i) => text(`body of racer ${i}`));
      const results = await Promise.all(bodies.map((body) => createObject(store, "slot", body)));
      const winners = bodies.filter((_, i) => results[i]?.created);
      assert.equal(winners.length, 1);
      for (const result of results) {
        if (!result.created) assertBody(result.existing, winners[0] as Uint8Array);
      }
    },
  },
];

async function raceForKey(store: ObjectStore, key: string): Promise<void> {
  const racers = Array.from({ length: RACERS }, (_, i) => text(`racer ${i} for ${key}`));
  const results = await Promise.allSettled(
    racers.map((body) => store.put(key, body, { ifAbsent: true })),
  );
  for (const result of results) {
    if (result.status === "rejected") assertCode(result.reason, "WF_STORE_ALREADY_EXISTS");
  }
  const winners = racers.filter((_, i) => results[i]?.status === "fulfilled");
  assert.equal(winners.length, 1, `${winners.length} creates of ${key} succeeded`);
  assertBody(await store.get(key), winners[0] as Uint8Array, key);
}

/** Whether `body` was created; false where there was an object already. */
async function creates(store: ObjectStore, key: string, body: Uint8Array): Promise<boolean> {
  try {
    await store.put(key, body, { ifAbsent: true });
    return true;
  } catch (error) {
    assertCode(error, "WF_STORE_ALREADY_EXISTS");
    return false;
  }
}

/** Starts a create and a delete of `key` at once; whether the create won. */
async function raceDelete(store: ObjectStore, key: string, createFirst: boolean): Promise<boolean> {
  const create = () => creates(store, key, text(`new ${key}`));
  if (createFirst) return (await Promise.all([create(), store.delete(key)]))[0];
  return (await Promise.all([store.delete([key]), create()]))[1];
}
