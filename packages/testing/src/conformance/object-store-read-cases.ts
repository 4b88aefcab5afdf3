import assert from "node:assert/strict";
import { assertBody, rejectsWith, text } from "./assertions.ts";
import { collect, keysOf, type ObjectStoreCase } from "./object-store-case.ts";

const LARGE_BYTES = 3 * 1_048_576 + 1;

export const OBJECT_STORE_READ_CASES: readonly ObjectStoreCase[] = [
  {
    id: "round-trip-001",
    title: "what was put is got, byte for byte, as a Uint8Array",
    async run(store) {
      const body = Uint8Array.from({ length: 256 }, (_, i) => i);
      await store.put("some/key", body);
      const got = await store.get("some/key");
      assert.ok(got instanceof Uint8Array);
      assertBody(got, body);
    },
  },
  {
    id: "round-trip-002",
    title: "an empty body is an object, not a missing one",
    async run(store) {
      await store.put("empty", new Uint8Array());
      assertBody(await store.get("empty"), new Uint8Array());
      const [listed] = await collect(store.list(""));
      assert.equal(listed?.size, 0);
    },
  },
  {
    id: "round-trip-003",
    title: "a large body comes back whole",
    async run(store) {
      const body = new Uint8Array(LARGE_BYTES);
      for (let i = 0; i < body.length; i++) body[i] = i * 31 + (i >>> 8);
      await store.put("large", body);
      assertBody(await store.get("large"), body);
    },
  },
  {
    id: "round-trip-004",
    title: "a key that is not there reads as undefined",
    async run(store) {
      await store.put("a/b", text("x"));
      for (const key of ["missing", "a", "a/b/c", "a/bb"]) {
        assert.equal(await store.get(key), undefined, key);
      }
    },
  },
  {
    id: "round-trip-005",
    title: "the longest keys, and keys that differ only in case, are objects of their own",
    async run(store) {
      const longest = ["A", "b", "C", "d"].map((letter) => letter.repeat(200)).join("/");
      const keys = [longest, longest.toLowerCase(), "Key", "key", "KEY", "a", "a/b", "a/b/c"];
      for (const key of keys) await store.put(key, text(key));
      for (const key of keys) assertBody(await store.get(key), text(key), key);
      assert.deepEqual(await keysOf(store, ""), keys.toSorted());
    },
  },
  {
    id: "range-001",
    title: "a range reads just those bytes",
    async run(store) {
      await store.put("key", text("0123456789"));
      const range = (offset: number, length: number) =>
        store.get("key", { range: { offset, length } });
      assertBody(await range(0, 1), text("0"));
      assertBody(await range(3, 4), text("3456"));
      assertBody(await range(0, 10), text("0123456789"));
    },
  },
  {
    id: "range-002",
    title: "a range that reaches past the end gives what there is, possibly nothing",
    async run(store) {
      await store.put("key", text("0123456789"));
      await store.put("empty", new Uint8Array());
      const range = (key: string, offset: number, length: number) =>
        store.get(key, { range: { offset, length } });
      assertBody(await range("key", 8, 100), text("89"));
      assertBody(await range("key", 0, Number.MAX_SAFE_INTEGER), text("0123456789"));
      assertBody(await range("key", 10, 1), new Uint8Array());
      assertBody(await range("key", 1_000_000, 5), new Uint8Array());
      assertBody(await range("empty", 0, 5), new Uint8Array());
    },
  },
  {
    id: "range-003",
    title: "a range of a missing key is undefined",
    async run(store) {
      assert.equal(await store.get("key", { range: { offset: 0, length: 1 } }), undefined);
    },
  },
  {
    id: "range-004",
    title: "a range that is no range is refused with WF_INVALID_ARGUMENT",
    async run(store) {
      await store.put("key", text("0123456789"));
      for (const [offset, length] of [
        [-1, 1],
        [0, 0],
        [0.5, 1],
        [0, Number.NaN],
      ] as const) {
        await rejectsWith("WF_INVALID_ARGUMENT", () =>
          store.get("key", { range: { offset, length } }),
        );
      }
    },
  },
];
