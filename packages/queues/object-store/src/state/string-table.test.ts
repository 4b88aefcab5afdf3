import { seededRandom } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { StringTable } from "./string-table.ts";

interface Item {
  readonly key: string;
  readonly value: number;
}

const SEEDS = Array.from({ length: 5 }, (_, seed) => seed + 1);

describe("StringTable", () => {
  it.each(SEEDS)("holds what a Map would hold, seed %i", (seed) => {
    const random = seededRandom(seed);
    const table = new StringTable<Item>(({ key }) => key);
    const model = new Map<string, Item>();
    // Few keys in turn with many, so that it grows, empties and fills again.
    for (let step = 0; step < 20_000; step++) {
      const keys = step % 4_000 < 2_000 ? 5_000 : 50;
      const key = `${"k".repeat(Math.floor(random() * 3))}${Math.floor(random() * keys)}`;
      if (random() < 0.55) {
        const item = { key, value: step };
        if (table.set(key, item) !== model.get(key)) expect.fail(`${step}: set of ${key}`);
        model.set(key, item);
      } else {
        if (table.delete(key) !== model.get(key)) expect.fail(`${step}: delete of ${key}`);
        model.delete(key);
      }
    }
    expect(table.size).toBe(model.size);
    expect(new Set(table.values())).toEqual(new Set(model.values()));
    for (const [key, item] of model) expect(table.get(key)).toBe(item);
  });

  it("finds every key where all but a few are taken out again", () => {
    const table = new StringTable<Item>(({ key }) => key);
    const items = Array.from({ length: 30_000 }, (_, value) => ({ key: `job-${value}`, value }));
    for (const item of items) table.set(item.key, item);
    for (const { key, value } of items) if (value % 1_000 !== 0) table.delete(key);
    expect(table.size).toBe(30);
    const found = items.filter(({ key }) => table.get(key) !== undefined);
    expect(found).toEqual(items.filter(({ value }) => value % 1_000 === 0));
  });

  it("takes the empty string and strings beyond ASCII for keys", () => {
    const table = new StringTable<Item>(({ key }) => key);
    const items = ["", "\0", "ключ", "🗝️", "\u00e9", "e\u0301"].map((key, value) => ({
      key,
      value,
    }));
    for (const item of items) expect(table.set(item.key, item)).toBeUndefined();
    for (const item of items) expect(table.get(item.key)).toBe(item);
  });
});
