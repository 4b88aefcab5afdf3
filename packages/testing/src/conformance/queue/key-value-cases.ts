import assert from "node:assert/strict";
import type { Queue } from "@wf/core";
import { assertBody, text } from "../assertions.ts";
import { allPages, changesNothing, kvNumber, kvText, type QueueCase, range } from "./queue-case.ts";

/** Ascending in UTF-8; UTF-16 has the pairs of surrogates before U+E000. */
const ORDERED_KEYS = [
  "\0",
  " ",
  "/",
  "A",
  "a",
  "a\0",
  "a ",
  "a/",
  "a/\u{1f600}",
  "a0",
  "aa",
  "b",
  "~",
  "\u{7f}",
  "\u{80}",
  "é",
  "\u{7ff}",
  "\u{800}",
  "\u{d7ff}",
  "\u{e000}",
  "\u{fffd}",
  "\u{ffff}",
  "\u{10000}",
  "\u{1f600}",
  "\u{1f600}a",
  "\u{10ffff}",
];

async function scanKeys(queue: Queue, prefix: string, limit?: number): Promise<string[]> {
  const entries = await allPages((page) => queue.kv.scan(prefix, page), limit);
  return entries.map(({ key }) => key);
}

async function fill(queue: Queue, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => queue.kv.put(key, text(`value of ${key}`))));
}

export const KEY_VALUE_CASES: readonly QueueCase[] = [
  {
    id: "queue-kv-001",
    title: "what was put is got, and a later put replaces it",
    async run({ queue }) {
      await queue.kv.put("key", text("first"));
      assert.equal(await kvText(queue, "key"), "first");
      await queue.kv.put("key", text("second"));
      assert.equal(await kvText(queue, "key"), "second");
    },
  },
  {
    id: "queue-kv-002",
    title: "a key that was never put, or was deleted, is undefined",
    async run({ queue }) {
      await queue.kv.put("key", text("value"));
      assert.equal(await kvText(queue, "key"), "value");
      await queue.kv.delete("key");
      await queue.kv.delete("key");
      await queue.kv.delete("never");
      for (const key of ["key", "never", "ke", "key2"]) {
        assert.equal(await queue.kv.get(key), undefined);
      }
    },
  },
  {
    id: "queue-kv-003",
    title: "values of any bytes, from none to 256 KiB, come back as they were",
    async run({ queue }) {
      const values = [
        new Uint8Array(),
        Uint8Array.from({ length: 256 }, (_, i) => i),
        Uint8Array.from({ length: 262_144 }, (_, i) => i * 31),
      ];
      for (const value of values) {
        await queue.kv.put("key", value);
        assertBody(await queue.kv.get("key"), value);
      }
    },
  },
  {
    id: "queue-kv-004",
    title: "keys may be any text of up to 512 bytes, and differ in every character",
    async run({ queue }) {
      const odd = ["__proto__", "constructor", "toString", "1", "01", "é", "e\u0301", "K", "k"];
      const keys = [...ORDERED_KEYS, ...odd, "k".repeat(512), "€".repeat(170)];
      for (const key of keys) await queue.kv.put(key, text(`value of ${key}`));
      for (const key of keys) assert.equal(await kvText(queue, key), `value of ${key}`);
      for (const key of keys) await queue.kv.delete(key);
      assert.deepEqual(await scanKeys(queue, ""), []);
    },
  },
  {
    id: "queue-kv-005",
    title: "what a caller does to the bytes it put or got changes nothing",
    async run({ queue }) {
      const value = text("value");
      const put = queue.kv.put("key", value);
      value.fill(0);
      await put;
      (await queue.kv.get("key"))?.fill(0);
      (await queue.kv.scan("")).items[0]?.value.fill(0);
      assert.equal(await kvText(queue, "key"), "value");
    },
  },
  {
    id: "queue-kv-006",
    title: "compareAndPut writes where the key holds what is expected, and says so",
    async run({ queue }) {
      await queue.kv.put("key", text("1"));
      assert.equal(await queue.kv.compareAndPut("key", text("1"), text("2")), true);
      await changesNothing(queue, async () => {
        for (const expected of [undefined, text("1"), text(""), text("22")]) {
          assert.equal(await queue.kv.compareAndPut("key", expected, text("3")), false);
        }
        assert.equal(await queue.kv.compareAndPut("absent", text("1"), text("3")), false);
      });
      assert.equal(await kvText(queue, "key"), "2");
    },
  },
  {
    id: "queue-kv-007",
    title: "compareAndPut with nothing expected writes where the key is absent",
    async run({ queue }) {
      assert.equal(await queue.kv.compareAndPut("key", undefined, text("1")), true);
      assert.equal(await queue.kv.compareAndPut("key", undefined, text("2")), false);
      await queue.kv.delete("key");
      assert.equal(await queue.kv.compareAndPut("key", undefined, new Uint8Array()), true);
      assert.equal(await queue.kv.compareAndPut("key", undefined, text("3")), false);
      assert.equal(await queue.kv.compareAndPut("key", new Uint8Array(), text("4")), true);
    },
  },
  {
    id: "queue-kv-008",
    title: "compareAndDelete deletes where the key holds what is expected, and says so",
    async run({ queue }) {
      await queue.kv.put("key", text("value"));
      assert.equal(await queue.kv.compareAndDelete("key", text("other")), false);
      assert.equal(await kvText(queue, "key"), "value");
      assert.equal(await queue.kv.compareAndDelete("key", text("value")), true);
      assert.equal(await queue.kv.get("key"), undefined);
      assert.equal(await queue.kv.compareAndDelete("key", text("value")), false);
      assert.equal(await queue.kv.compareAndDelete("key", new Uint8Array()), false);
    },
  },
  {
    id: "queue-kv-009",
    title: "increments by compareAndPut at the same time lose nothing",
    async run({ queue }) {
      await Promise.all(
        range(10).map(async () => {
          for (let done = 0; done < 10; ) {
            const current = await queue.kv.get("counter");
            const next = text(`${increment(current)}`);
            if (await queue.kv.compareAndPut("counter", current, next)) done++;
          }
        }),
      );
      assert.equal(await kvNumber(queue, "counter"), 100);
    },
  },
  {
    id: "queue-kv-010",
    title: "of compareAndDeletes at the same time exactly one deletes",
    async run({ queue }) {
      await queue.kv.put("key", text("value"));
      const results = await Promise.all(
        range(10).map(() => queue.kv.compareAndDelete("key", text("value"))),
      );
      assert.equal(results.filter(Boolean).length, 1);
    },
  },
  {
    id: "queue-kv-011",
    title: "writes to one key at the same time leave one of them, whole",
    async run({ queue }) {
      const values = range(20).map((index) => new Uint8Array(1_000 + index).fill(index));
      await Promise.all(values.map((value) => queue.kv.put("key", value)));
      const left = await queue.kv.get("key");
      assertBody(left, values[(left?.length ?? 0) - 1_000] as Uint8Array);
      assertBody(await queue.kv.get("key"), left as Uint8Array);
      const { items } = await queue.kv.scan("");
      assert.equal(items.length, 1);
      assertBody(items[0]?.value, left as Uint8Array);
    },
  },
  {
    id: "queue-kv-012",
    title: "a scan gives keys and values in the order of the keys' UTF-8 bytes",
    async run({ queue }) {
      await fill(queue, ORDERED_KEYS.toReversed());
      const { items, next } = await queue.kv.scan("", { limit: 1_000 });
      assert.equal(next, undefined);
      assert.deepEqual(
        items.map(({ key }) => key),
        ORDERED_KEYS,
      );
      for (const { key, value } of items) assertBody(value, text(`value of ${key}`));
    },
  },
  {
    id: "queue-kv-013",
    title: "a scan gives the keys that start with its prefix",
    async run({ queue }) {
      await fill(queue, ORDERED_KEYS);
      for (const prefix of ["a", "a/", "b", "\u{1f600}", "\u{fffd}", "\0", "é", "c", "aaa", "A"]) {
        const expected = ORDERED_KEYS.filter((key) => key.startsWith(prefix));
        assert.deepEqual(await scanKeys(queue, prefix), expected, `prefix ${prefix}`);
      }
    },
  },
  {
    id: "queue-kv-014",
    title: "pages of any size add up to the same scan",
    async run({ queue }) {
      await fill(queue, ORDERED_KEYS);
      for (const limit of [1, 2, 7, ORDERED_KEYS.length, 1_000]) {
        assert.deepEqual(await scanKeys(queue, "", limit), ORDERED_KEYS, `limit ${limit}`);
        const within = ORDERED_KEYS.filter((key) => key.startsWith("a"));
        assert.deepEqual(await scanKeys(queue, "a", limit), within, `limit ${limit}`);
      }
    },
  },
  {
    id: "queue-kv-015",
    title: "a page holds 100 entries where no limit is given",
    async run({ queue }) {
      const keys = range(101).map((index) => `key-${String(index).padStart(3, "0")}`);
      await fill(queue, keys);
      const first = await queue.kv.scan("key-");
      assert.equal(first.items.length, 100);
      const second = await queue.kv.scan("key-", { after: first.next });
      assert.deepEqual(
        [...first.items, ...second.items].map(({ key }) => key),
        keys,
      );
      assert.equal(second.next, undefined);
    },
  },
  {
    id: "queue-kv-016",
    title:
      "a cursor stays valid when the entry it points at is gone, and new ones are seen after it",
    async run({ queue }) {
      await fill(queue, ["a", "b", "c", "d", "f"]);
      const { next } = await queue.kv.scan("", { limit: 2 });
      for (const key of ["a", "b", "c"]) await queue.kv.delete(key);
      await fill(queue, ["a2", "e"]);
      const rest = await queue.kv.scan("", { after: next });
      assert.deepEqual(
        rest.items.map(({ key }) => key),
        ["d", "e", "f"],
      );
    },
  },
  {
    id: "queue-kv-017",
    title: "a scan of nothing is one empty page",
    async run({ queue }) {
      assert.deepEqual(await queue.kv.scan(""), { items: [], next: undefined });
      await queue.kv.put("b", text("value"));
      assert.deepEqual(await queue.kv.scan("a"), { items: [], next: undefined });
      assert.deepEqual(await queue.kv.scan("c"), { items: [], next: undefined });
    },
  },
  {
    id: "queue-kv-018",
    title: "a scan shows nothing of what the queue keeps for itself",
    async run({ queue }) {
      await queue.enqueue("jobs", text("job"), { dedupKey: "key", kv: { own: text("value") } });
      const [claim] = await queue.claim("jobs");
      await queue.deadLetter(claim!, "reason");
      assert.deepEqual(await scanKeys(queue, ""), ["own"]);
    },
  },
];

function increment(value: Uint8Array | undefined): number {
  return Number(value === undefined ? 0 : new TextDecoder().decode(value)) + 1;
}
