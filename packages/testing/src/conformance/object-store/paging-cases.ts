import assert from "node:assert/strict";
import { text } from "../assertions.ts";
import { collect, fill, inParallel, keysOf, type ObjectStoreCase } from "./object-store-case.ts";

/** Objects beyond the first page. */
const MORE = 60;

export const PAGING_CASES: readonly ObjectStoreCase[] = [
  {
    id: "paging-001",
    title: "objects on several pages are all listed, once and in order",
    async run({ store, pageSize }) {
      // One prefix has just a page, and the last one has the end of a page in its midst.
      const keys = [...numbered("a/", 5), ...numbered("exact/", pageSize), ...numbered("z/", MORE)];
      await fill(store, keys);
      const listed = await collect(store.list(""));
      assert.deepEqual(
        listed.map(({ key, size }) => [key, size]),
        keys.map((key) => [key, key.length]),
      );
      for (const prefix of ["a", "a/", "exact", "exact/", "exact/0", "z/", "z/0000"]) {
        const expected = keys.filter((key) => key.startsWith(prefix));
        assert.deepEqual(await keysOf(store, prefix), expected, `prefix ${prefix}`);
      }
    },
  },
  {
    id: "paging-002",
    title: "startAfter may be anywhere on the pages",
    async run({ store, pageSize }) {
      const keys = [...numbered("a/", pageSize), ...numbered("b/", MORE)];
      await fill(store, keys);
      const ends = [pageSize - 2, pageSize - 1, pageSize, keys.length - pageSize - 1];
      const positions = [0, 1, ...ends, keys.length - 2, keys.length - 1].filter((i) => i >= 0);
      await inParallel(positions, async (i) => {
        const startAfter = keys[i] as string;
        assert.deepEqual(await keysOf(store, "", startAfter), keys.slice(i + 1), startAfter);
        const missing = `${startAfter}.`;
        assert.deepEqual(await keysOf(store, "", missing), keys.slice(i + 1), missing);
        const expected = keys.slice(Math.max(i + 1, pageSize));
        assert.deepEqual(await keysOf(store, "b", startAfter), expected, `b, ${startAfter}`);
      });
    },
  },
  {
    id: "paging-003",
    title: "a listing may be left on any page",
    async run({ store, pageSize }) {
      const keys = numbered("key/", pageSize + MORE);
      await fill(store, keys);
      const counts = [1, pageSize - 1, pageSize, pageSize + 1, keys.length - 1, keys.length];
      await inParallel(counts, async (count) => {
        const listed: string[] = [];
        for await (const { key } of store.list("")) {
          listed.push(key);
          if (listed.length === count) break;
        }
        assert.deepEqual(listed, keys.slice(0, count));
      });
      assert.deepEqual(await keysOf(store, ""), keys);
    },
  },
  {
    id: "paging-004",
    title:
      "objects that are there all the time are listed whatever is created and deleted meanwhile",
    async run({ store, pageSize }) {
      const keys = numbered("key/", pageSize + MORE);
      await fill(store, keys);
      const created = keys.filter((_, i) => i % 10 === 0).map((key) => `${key}-new`);
      const deleted = keys.filter((_, i) => i % 3 === 1);
      const listed: string[] = [];
      for await (const { key } of store.list("")) {
        if (listed.length === 0) {
          await store.delete(deleted.slice(0, deleted.length / 2));
          await fill(store, created);
        }
        if (listed.length === pageSize >>> 1) await store.delete(deleted);
        listed.push(key);
      }
      const known = new Set([...keys, ...created]);
      assert.deepEqual(listed, [...new Set(listed)].sort(), "in order and once");
      assert.deepEqual(
        listed.filter((key) => !known.has(key)),
        [],
      );
      const kept = keys.filter((_, i) => i % 3 !== 1);
      const seen = new Set(listed);
      assert.deepEqual(
        kept.filter((key) => !seen.has(key)),
        [],
      );
      assert.deepEqual(await keysOf(store, ""), [...kept, ...created].sort());
    },
  },
  {
    id: "paging-005",
    title: "a listing whose objects are deleted as they come reaches them all",
    async run({ store, pageSize }) {
      const keys = numbered("key/", pageSize + MORE);
      await fill(store, keys);
      await store.put("other", text("x"));
      const listed: string[] = [];
      let batch: string[] = [];
      for await (const { key } of store.list("key/")) {
        listed.push(key);
        batch.push(key);
        if (batch.length < 50) continue;
        await store.delete(batch);
        batch = [];
      }
      await store.delete(batch);
      assert.deepEqual(listed, keys);
      assert.deepEqual(await keysOf(store, ""), ["other"]);
    },
  },
];

/** Keys in order. */
function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => prefix + String(i).padStart(6, "0"));
}
