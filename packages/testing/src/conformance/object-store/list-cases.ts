import assert from "node:assert/strict";
import { text } from "../assertions.ts";
import { collect, fill, inParallel, keysOf, type ObjectStoreCase } from "./object-store-case.ts";

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

/** 2020-01-01 and 2100-01-01: wide enough for any clock, too narrow for another unit than milliseconds. */
const EARLIEST_MS = 1_577_836_800_000;
const LATEST_MS = 4_102_444_800_000;

export const LIST_CASES: readonly ObjectStoreCase[] = [
  {
    id: "list-001",
    title: "keys are listed in ascending byte order, whatever the order of writing",
    async run({ store }) {
      await fill(store, ORDERED_KEYS.toReversed());
      assert.deepEqual(await keysOf(store, ""), ORDERED_KEYS);
    },
  },
  {
    id: "list-002",
    title: "a prefix may end anywhere in a segment, and need not occur",
    async run({ store }) {
      await fill(store, ORDERED_KEYS);
      const prefixes = ["a", "a/", "a/b", "a/b/", "a-", "B", "A", "b/", "c", "a/b/c", "a/b/c/d"];
      const noPrefixes = ["/", "a//", "../", "a/../", "./", "ä", "a b", "+", "a/%62", "a?", "a#"];
      await inParallel([...prefixes, ...noPrefixes], async (prefix) => {
        const expected = ORDERED_KEYS.filter((key) => key.startsWith(prefix));
        assert.deepEqual(await keysOf(store, prefix), expected, `prefix ${prefix}`);
      });
    },
  },
  {
    id: "list-003",
    title: "startAfter is exclusive, need not exist, and keeps to the prefix",
    async run({ store }) {
      await fill(store, ORDERED_KEYS);
      const between = [
        "",
        "a/",
        "a/b/",
        "a/b/c/d",
        "a/a",
        "a0/",
        "zzz",
        "0",
        " ",
        "a ",
        "a/~",
        "~",
      ];
      const starts = [...ORDERED_KEYS, ...between];
      const listings = ["", "a", "a/", "a/b", "b", "c"].flatMap((prefix) =>
        starts.map((startAfter) => ({ prefix, startAfter })),
      );
      await inParallel(listings, async ({ prefix, startAfter }) => {
        const expected = ORDERED_KEYS.filter((k) => k.startsWith(prefix) && k > startAfter);
        const listed = await keysOf(store, prefix, startAfter);
        assert.deepEqual(listed, expected, `prefix ${prefix}, startAfter ${startAfter}`);
      });
    },
  },
  {
    id: "list-004",
    title: "entries tell the size and when the object was last written",
    async run({ store }) {
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
    async run({ store }) {
      assert.deepEqual(await keysOf(store, ""), []);
      assert.deepEqual(await keysOf(store, "a/"), []);
    },
  },
  {
    id: "list-006",
    title: "objects deleted while they are listed do not disturb the listing of the others",
    async run({ store }) {
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
    async run({ store }) {
      await fill(store, ["a", "b", "c"]);
      for await (const { key } of store.list("")) {
        assert.equal(key, "a");
        break;
      }
    },
  },
  {
    id: "list-008",
    title: "lastModified is in milliseconds since the Unix epoch",
    async run({ store }) {
      await store.put("key", text("x"));
      const [listed] = await collect(store.list(""));
      const { lastModified } = listed as NonNullable<typeof listed>;
      assert.ok(EARLIEST_MS < lastModified && lastModified < LATEST_MS, `${lastModified}`);
    },
  },
  {
    id: "list-009",
    title: "many listings that are left early leave the store usable",
    async run({ store }) {
      const keys = Array.from({ length: 20 }, (_, i) => `left/${String(i).padStart(2, "0")}`);
      await fill(store, keys);
      // More than a client has connections.
      const listings = Array.from({ length: 120 }, (_, i) => i);
      await Promise.all(
        listings.map(async (i) => {
          const iterator = store.list("left/")[Symbol.asyncIterator]();
          for (let taken = 0; taken < i % 20; taken++) {
            assert.equal((await iterator.next()).value?.key, keys[taken]);
          }
          await iterator.return?.();
        }),
      );
      assert.deepEqual(await keysOf(store, ""), keys);
    },
  },
];
