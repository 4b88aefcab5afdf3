import { describe, expect, it } from "vitest";
import { collect, keysOf } from "./conformance/object-store/object-store-case.ts";
import { objectStoreConformance } from "./conformance/object-store-conformance.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";
import { MockClock } from "./mock-clock.ts";
import { seededRandom } from "./seeded-random.ts";

objectStoreConformance(
  { describe, it },
  { name: "MemoryObjectStore", isLocal: true, open: () => ({ store: new MemoryObjectStore() }) },
);

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("MemoryObjectStore", () => {
  it("takes a copy as put is called, before it resolves", async () => {
    const store = new MemoryObjectStore();
    const body = Buffer.from([1, 2, 3]);
    const put = store.put("key", body);
    body.fill(9);
    await put;
    expect(await store.get("key")).toEqual(bytes(1, 2, 3));
  });

  it("takes lastModified from the clock it was given", async () => {
    const clock = new MockClock(1_000);
    const store = new MemoryObjectStore({ clock });
    await store.put("a", bytes(1));
    await clock.advance("5s");
    await store.put("b", bytes(1));
    const listed = await collect(store.list(""));
    expect(listed.map(({ lastModified }) => lastModified)).toEqual([1_000, 6_000]);
  });

  it("lists like a sorted map through any sequence of puts, deletes and lists", async () => {
    const random = seededRandom(7);
    const pick = (limit: number) => Math.floor(random() * limit);
    const store = new MemoryObjectStore();
    const model = new Set<string>();
    for (let step = 0; step < 20_000; step++) {
      const key = `k${String(step % 3 === 0 ? pick(500) : step).padStart(6, "0")}`;
      if (random() < 0.5) {
        await store.put(key, bytes());
        model.add(key);
      } else {
        const victim = random() < 0.5 ? key : ([...model][0] ?? key);
        await store.delete(victim);
        model.delete(victim);
      }
      if (step % 500 === 0) expect(await keysOf(store, "")).toEqual([...model].sort());
    }
    expect(await keysOf(store, "")).toEqual([...model].sort());
  });
});
