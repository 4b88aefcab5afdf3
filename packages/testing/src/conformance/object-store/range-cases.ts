import assert from "node:assert/strict";
import { assertBody, rejectsWith, text } from "../assertions.ts";
import { inParallel, type ObjectStoreCase, patternedBody } from "./object-store-case.ts";

export const RANGE_CASES: readonly ObjectStoreCase[] = [
  {
    id: "range-001",
    title: "a range reads just those bytes",
    async run({ store }) {
      await store.put("key", text("0123456789"));
      const range = (offset: number, length: number) =>
        store.get("key", { range: { offset, length } });
      assertBody(await range(0, 1), text("0"));
      assertBody(await range(3, 4), text("3456"));
      assertBody(await range(9, 1), text("9"));
      assertBody(await range(0, 10), text("0123456789"));
    },
  },
  {
    id: "range-002",
    title: "a range that reaches past the end gives what there is, possibly nothing",
    async run({ store }) {
      await store.put("key", text("0123456789"));
      await store.put("empty", new Uint8Array());
      const range = (key: string, offset: number, length: number) =>
        store.get(key, { range: { offset, length } });
      assertBody(await range("key", 8, 100), text("89"));
      assertBody(await range("key", 0, Number.MAX_SAFE_INTEGER), text("0123456789"));
      assertBody(await range("key", 10, 1), new Uint8Array());
      assertBody(await range("key", 1_000_000, 5), new Uint8Array());
      assertBody(await range("empty", 0, 5), new Uint8Array());
      assertBody(await range("empty", 7, 1), new Uint8Array());
    },
  },
  {
    id: "range-003",
    title: "a range of a missing key is undefined",
    async run({ store }) {
      assert.equal(await store.get("key", { range: { offset: 0, length: 1 } }), undefined);
      assert.equal(await store.get("key", { range: { offset: 9, length: 9 } }), undefined);
    },
  },
  {
    id: "range-004",
    title: "a range that is no range is refused with WF_INVALID_ARGUMENT, and nothing is sent",
    async run({ store, sendsNothing }) {
      await store.put("key", text("0123456789"));
      const badRanges = [
        [-1, 1],
        [0, 0],
        [0, -1],
        [0.5, 1],
        [0, 1.5],
        [0, Number.NaN],
        [Number.NaN, 1],
        [0, Number.POSITIVE_INFINITY],
        [2 ** 53, 1],
      ] as const;
      await sendsNothing(async () => {
        for (const [offset, length] of badRanges) {
          for (const key of ["key", "missing"]) {
            await rejectsWith("WF_INVALID_ARGUMENT", () =>
              store.get(key, { range: { offset, length } }),
            );
          }
        }
      });
    },
  },
  {
    id: "range-005",
    title: "ranges anywhere in a large body read just those bytes",
    async run({ store, largeBodyBytes }) {
      const body = patternedBody(largeBodyBytes);
      await store.put("large", body);
      const offsets = [0, 1, 65_535, 65_536, largeBodyBytes >>> 1, largeBodyBytes - 2];
      const lengths = [1, 2, 1_000, 65_536, 300_001];
      const ranges = offsets.flatMap((offset) => lengths.map((length) => ({ offset, length })));
      await inParallel(ranges, async (range) => {
        const expected = body.subarray(range.offset, range.offset + range.length);
        const about = `${range.length} bytes from ${range.offset}`;
        assertBody(await store.get("large", { range }), expected, about);
      });
    },
  },
];
