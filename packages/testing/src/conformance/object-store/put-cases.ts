import assert from "node:assert/strict";
import { assertBody, rejectsWith, text } from "../assertions.ts";
import {
  assertHolds,
  collect,
  inParallel,
  keysOf,
  type ObjectStoreCase,
  patternedBody,
  turns,
} from "./object-store-case.ts";

export const PUT_CASES: readonly ObjectStoreCase[] = [
  {
    id: "put-001",
    title: "put replaces an existing object",
    async run({ store }) {
      await store.put("key", text("the first and longer one"));
      await store.put("key", text("second"));
      assertBody(await store.get("key"), text("second"));
    },
  },
  {
    id: "put-002",
    title: "what a caller does to its bytes later changes nothing in the store",
    async run({ store }) {
      const body = Buffer.from("kept");
      await store.put("key", body);
      body.fill(0);
      const got = await store.get("key");
      assertBody(got, text("kept"));
      got?.fill(0);
      const part = await store.get("key", { range: { offset: 0, length: 2 } });
      assertBody(part, text("ke"));
      part?.fill(0);
      assertBody(await store.get("key"), text("kept"));
    },
  },
  {
    id: "put-003",
    title: "a body that is a view on a larger buffer is stored without its surroundings",
    async run({ store }) {
      await store.put("key", text("..kept..").subarray(2, 6));
      assertBody(await store.get("key"), text("kept"));
    },
  },
  {
    id: "put-004",
    title: "a body that is no Uint8Array is refused with WF_INVALID_ARGUMENT, and nothing is sent",
    async run({ store, sendsNothing }) {
      const bodies: unknown[] = ["text", undefined, null, [1, 2], new ArrayBuffer(2)];
      await sendsNothing(async () => {
        for (const body of bodies) {
          for (const ifAbsent of [false, true]) {
            await rejectsWith("WF_INVALID_ARGUMENT", () =>
              store.put("key", body as Uint8Array, { ifAbsent }),
            );
          }
        }
      });
      assert.deepEqual(await keysOf(store, ""), []);
    },
  },
  {
    id: "put-005",
    title: "whoever reads while an object is replaced sees one whole body, and never none",
    async run({ store }) {
      const sizes = [1, 100, 4_099, 65_537, 102_400, 262_147];
      // Each body has a length of its own, so that its length tells which one it should be.
      const bodiesOf = (object: number) =>
        sizes.map((size, i) => patternedBody(size + object, object + i));
      const keys = ["raced/a", "raced/b", "raced/c", "raced/d"];
      const bodies = new Map(keys.map((key, object) => [key, bodiesOf(object)]));
      const assertOneOf = (key: string, got: Uint8Array | undefined) => {
        assert.ok(got !== undefined, `${key} was not there for a moment`);
        const expected = bodies.get(key)?.find(({ length }) => length === got.length);
        assert.ok(expected, `${key} had ${got.length} bytes, which no body has`);
        assertBody(got, expected, key);
      };
      const lengths = new Set([...bodies.values()].flat().map(({ length }) => length));
      await Promise.all(keys.map((key) => store.put(key, bodies.get(key)?.[0] as Uint8Array)));

      let writing = true;
      const whileWriting = async (look: () => Promise<void>) => {
        do {
          await look();
          // For a store that does not wait for anything else.
          await turns(1);
        } while (writing);
      };
      const readers = keys.map((key) =>
        whileWriting(async () => assertOneOf(key, await store.get(key))),
      );
      const lister = whileWriting(async () => {
        const listed = await collect(store.list("raced/"));
        assert.deepEqual(
          listed.map(({ key }) => key),
          keys,
        );
        for (const { key, size } of listed) assert.ok(lengths.has(size), `${key}: ${size} bytes`);
      });
      const writes = keys.flatMap((key) => (bodies.get(key) ?? []).map((body) => ({ key, body })));
      const writer = inParallel(writes, ({ key, body }) => store.put(key, body)).finally(() => {
        writing = false;
      });
      await Promise.all([writer, lister, ...readers]);
      for (const key of keys) assertOneOf(key, await store.get(key));
    },
  },
  {
    id: "put-006",
    title: "many puts at a time keep their keys and bodies apart",
    async run({ store }) {
      const bodies = new Map(
        Array.from({ length: 100 }, (_, i) => [`many/${i}`, patternedBody(i * 37, i)]),
      );
      await Promise.all([...bodies].map(([key, body]) => store.put(key, body)));
      await assertHolds(store, bodies);
    },
  },
  {
    id: "put-007",
    title: "options that are undefined are as if they were left out",
    async run({ store }) {
      const signal = undefined;
      await store.put("key", text("one"), { ifAbsent: undefined, signal });
      await store.put("key", text("two"), { ifAbsent: undefined, signal });
      await store.put("key", text("three"), { ifAbsent: false });
      assertBody(await store.get("key", { range: undefined, signal }), text("three"));
      const listed = await collect(store.list("", { startAfter: undefined, signal }));
      assert.equal(listed.length, 1);
      await store.delete("key", { signal });
      assert.equal(await store.get("key"), undefined);
    },
  },
];
