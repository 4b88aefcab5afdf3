import assert from "node:assert/strict";
import { assertBody, text } from "../assertions.ts";
import {
  assertHolds,
  collect,
  inParallel,
  keysOf,
  type ObjectStoreCase,
  patternedBody,
} from "./object-store-case.ts";

const KIB = 1_024;
const MIB = 1_048_576;

export const ROUND_TRIP_CASES: readonly ObjectStoreCase[] = [
  {
    id: "round-trip-001",
    title: "what was put is got, byte for byte, as a Uint8Array",
    async run({ store }) {
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
    async run({ store }) {
      await store.put("empty", new Uint8Array());
      assertBody(await store.get("empty"), new Uint8Array());
      const [listed] = await collect(store.list(""));
      assert.equal(listed?.size, 0);
    },
  },
  {
    id: "round-trip-003",
    title: "a large body comes back whole",
    async run({ store, largeBodyBytes }) {
      // One more, so that it is no multiple of the parts that a transport makes of it.
      const body = patternedBody(largeBodyBytes + 1);
      await store.put("large", body);
      assertBody(await store.get("large"), body);
      const [listed] = await collect(store.list(""));
      assert.equal(listed?.size, body.length);
    },
  },
  {
    id: "round-trip-004",
    title: "a key that is not there reads as undefined",
    async run({ store }) {
      await store.put("a/b", text("x"));
      for (const key of ["missing", "a", "a/b/c", "a/bb"]) {
        assert.equal(await store.get(key), undefined, key);
      }
    },
  },
  {
    id: "round-trip-005",
    title: "the longest keys, and keys that differ only in case, are objects of their own",
    async run({ store }) {
      const longest = ["A", "b", "C", "d"].map((letter) => letter.repeat(200)).join("/");
      const keys = [longest, longest.toLowerCase(), "Key", "key", "KEY", "a", "a/b", "a/b/c"];
      for (const key of keys) await store.put(key, text(key));
      for (const key of keys) assertBody(await store.get(key), text(key), key);
      assert.deepEqual(await keysOf(store, ""), keys.toSorted());
    },
  },
  {
    id: "round-trip-006",
    title: "bodies of one byte and of the sizes at which transports cut come back whole",
    async run({ store }) {
      const cuts = [KIB, 4 * KIB, 8 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB];
      const sizes = [1, 2, ...cuts.flatMap((size) => [size - 1, size, size + 1])];
      const bodies = new Map(sizes.map((size) => [`size/${size}`, patternedBody(size)]));
      await inParallel([...bodies], ([key, body]) => store.put(key, body));
      await assertHolds(store, bodies);
    },
  },
  {
    id: "round-trip-007",
    title:
      "bytes that could be taken for text, for JSON or for compressed ones come back as they are",
    async run({ store }) {
      const texts = ["\r\n", "a\r\nb\n", "\u0000", "\uFEFFx", '{"a":1}', "null", "<a/>", "ä€😀"];
      const bodies = new Map(texts.map((value, i) => [`text/${i}`, text(value)]));
      // Invalid UTF-8, and the first bytes of gzip, zip and zstd.
      bodies.set("bytes/invalid", Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80));
      bodies.set("bytes/gzip", Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3));
      bodies.set("bytes/zip", Uint8Array.of(0x50, 0x4b, 3, 4));
      bodies.set("bytes/zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd));
      for (const [key, body] of bodies) await store.put(key, body);
      await assertHolds(store, bodies);
    },
  },
  {
    id: "round-trip-008",
    title: "a slice of what is got is a copy, as of any Uint8Array",
    async run({ store }) {
      await store.put("key", text("0123456789"));
      for (const range of [undefined, { offset: 0, length: 5 }]) {
        const got = await store.get("key", { range });
        // That of a Buffer is a view.
        got?.slice(0, 2).fill(0);
        assertBody(got, text(range === undefined ? "0123456789" : "01234"));
      }
    },
  },
];
