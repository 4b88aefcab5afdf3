import assert from "node:assert/strict";
import { text } from "./assertions.ts";
import { collect, fill, keysOf, type ObjectStoreCase } from "./object-store-case.ts";

/** Neighbours in byte order that a directory walk or a locale's order gets wrong. */
const ORDERED_KEYS = [
  "A",
  "B/a",
  "_",
  "a",
  "a-",
  "a-/z",
  "a.b",
  "a/0",
  "a/B",
  "a/b",
  "a/b/c",
  "a/b=",
  "a0",
  "a=",
  "aA",
  "aa",
  "b",
].sort();

export const OBJECT_STORE_LIST_CASES: readonly ObjectStoreCase[] = [
  {
    id: "list-001",
    title: "keys are listed in ascending byte order, whatever the order of writing",
    async run(store) {
      await fill(store, ORDERED_KEYS.toReversed());
      assert.deepEqual(await keysOf(store, ""), ORDERED_KEYS);
    },
  },
  {
    id: "list-002",
    title: "a prefix may end anywhere in a segment, and need not occur",
    async run(store) {
      await fill(store, ORDERED_KEYS);
      const prefixes = ["a", "a/", "a/b", "a/b/", "a-", "B", "A", "b/", "c", "a/b/c", "a/b/c/d"];
      for (const prefix of [...prefixes, "/", "a//", "../", "a/../", "ä", "a b", "+"]) {
        const expected = ORDERED_KEYS.filter((key) => key.startsWith(prefix));
        assert.deepEqual(await keysOf(store, prefix), expected, `prefix ${prefix}`);
      }
    },
  },
  {
    id: "list-003",
    title: "startAfter is exclusive, need not exist, and keeps to the prefix",
    async run(store) {
      await fill(store, ORDERED_KEYS);
      const starts = [...ORDERED_KEYS, "", "a/", "a/b/", "a/b/c/d", "a/a", "a0/", "zzz", "0"];
      for (const prefix of ["", "a", "a/", "a/b", "b"]) {
        for (const startAfter of starts) {
          const expected = ORDERED_KEYS.filter((k) => k.startsWith(prefix) && k > startAfter);
          const listed = await keysOf(store, prefix, startAfter);
          assert.deepEqual(listed, expected, `prefix ${prefix}, startAfter ${startAfter}`);
        }
      }
    },
  },
  {
    id: "list-004",
    title: "entries tell the size and when the object was last written",
    async run(store) {
      await store.put("a", text("12345"));
      await store.put("b", text("12"));
      const listed = await collect(store.list(""));
      assert.deepEqual(
        listed.map(({ key, size }) => [key, size]),
        [
          ["a", 5],
          ["b", 2],
        ],
      );
      for (const { lastModified } of listed) {
        assert.ok(Number.isInteger(lastModified) && lastModified > 0, `${lastModified}`);
      }
    },
  },
  {
    id: "list-005",
    title: "an empty store lists nothing",
    async run(store) {
      assert.deepEqual(await keysOf(store, ""), []);
      assert.deepEqual(await keysOf(store, "a/"), []);
    },
  },
  {
    id: "list-006",
    title: "objects deleted while they are listed do not disturb the listing of the others",
    async run(store) {
      const keys = Array.from({ length: 150 }, (_, i) => `d${i % 3}/${String(i).padStart(3, "0")}`);
      await fill(store, keys);
      const ordered = keys.toSorted();
      const listed: string[] = [];
      for await (const { key } of store.list("")) {
        if (listed.length === 0) await store.delete(ordered.filter((_, i) => i % 2 === 1));
        listed.push(key);
      }
      assert.deepEqual(listed, listed.toSorted());
      const kept = ordered.filter((_, i) => i % 2 === 0);
      assert.deepEqual(
        kept.filter((key) => !listed.includes(key)),
        [],
      );
      assert.deepEqual(await keysOf(store, ""), kept);
    },
  },
  {
    id: "list-007",
    title: "a listing may be left early",
    async run(store) {
      await fill(store, ["a", "b", "c"]);
      for await (const { key } of store.list("")) {
        assert.equal(key, "a");
        break;
      }
    },
  },
];
