import assert from "node:assert/strict";
import { fill, inParallel, keysOf, type ObjectStoreCase } from "./object-store-case.ts";

export const DELETE_CASES: readonly ObjectStoreCase[] = [
  {
    id: "delete-001",
    title: "a deleted object is neither got nor listed; its neighbours stay",
    async run({ store }) {
      await fill(store, ["a", "a/b", "a/b/c", "b"]);
      await store.delete("a/b");
      assert.equal(await store.get("a/b"), undefined);
      assert.deepEqual(await keysOf(store, ""), ["a", "a/b/c", "b"]);
    },
  },
  {
    id: "delete-002",
    title: "deleting what is not there is no error",
    async run({ store }) {
      await store.delete("missing");
      await store.delete(["also/missing", "missing"]);
      await store.delete([]);
    },
  },
  {
    id: "delete-003",
    title: "many keys are deleted in one call, with missing and repeated ones among them",
    async run({ store }) {
      // More than the 1,000 and the 256 that S3 and Azure take in one request.
      const keys = Array.from({ length: 1_100 }, (_, i) => `many/${i % 7}/${i}`);
      await fill(store, [...keys, "many-kept", "kept"]);
      await store.delete(["many", "many/0", ...keys, ...keys.slice(0, 5), "many/none"]);
      assert.deepEqual(await keysOf(store, ""), ["kept", "many-kept"]);
    },
  },
  {
    id: "delete-004",
    title: "a list of one key, of one key again and again, and of none deletes just that",
    async run({ store }) {
      await fill(store, ["a", "b", "c"]);
      await store.delete(Object.freeze([]));
      assert.deepEqual(await keysOf(store, ""), ["a", "b", "c"]);
      await store.delete(Object.freeze(["a"]));
      await store.delete(Object.freeze(Array<string>(300).fill("b")));
      assert.deepEqual(await keysOf(store, ""), ["c"]);
    },
  },
  {
    id: "delete-005",
    title: "deletes of the same objects at the same time all succeed",
    async run({ store }) {
      const keys = Array.from({ length: 20 }, (_, i) => `raced/${i % 3}/${i}`);
      await fill(store, [...keys, "raced/kept"]);
      const racers = Array.from({ length: 10 }, (_, i) => i);
      await inParallel(racers, (i) => (i % 2 === 0 ? store.delete(keys) : deleteEach(keys)));
      assert.deepEqual(await keysOf(store, ""), ["raced/kept"]);

      async function deleteEach(all: readonly string[]): Promise<void> {
        for (const key of all) await store.delete(key);
      }
    },
  },
];
