import { describe, expect, it } from "vitest";
import { objectStoreConformance } from "./conformance/object-store-conformance.ts";
import { CountingObjectStore } from "./counting-object-store.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

objectStoreConformance(
  { describe, it },
  {
    name: "CountingObjectStore",
    isLocal: true,
    open: () => ({ store: new CountingObjectStore(new MemoryObjectStore()) }),
  },
);

describe("CountingObjectStore", () => {
  it("counts each call by its kind with its bytes, and starts anew when it is asked", async () => {
    const store = new CountingObjectStore(new MemoryObjectStore());
    await store.put("log/1", new Uint8Array(10));
    await store.put("log/2", new Uint8Array(20));
    await store.get("log/1");
    await store.get("log/2", { range: { offset: 15, length: 100 } });
    await store.get("missing");
    for await (const _ of store.list("")) break;
    await store.delete(["log/1", "missing"]);
    await store.delete("log/2");
    const expected = {
      requests: 8,
      puts: 2,
      gets: 3,
      deletes: 2,
      lists: 1,
      bytesWritten: 30,
      bytesRead: 15,
      keysDeleted: 3,
      objectsListed: 1,
    };
    expect(store.counts).toEqual(expected);
    expect(store.take()).toEqual(expected);
    expect(new Set(Object.values(store.take()))).toEqual(new Set([0]));
  });

  it("counts calls that fail", async () => {
    const store = new CountingObjectStore(new MemoryObjectStore());
    await store.put("key", new Uint8Array(10));
    const again = store.put("key", new Uint8Array(10), { ifAbsent: true });
    await expect(again).rejects.toMatchObject({ code: "WF_STORE_ALREADY_EXISTS" });
    expect(store.take()).toMatchObject({ puts: 2, bytesWritten: 20 });
  });

  it("counts only what concerns the keys that it is given", async () => {
    const all = new CountingObjectStore(new MemoryObjectStore());
    const store = new CountingObjectStore(all, { only: (key) => key.startsWith("log/") });
    for (const key of ["log/1", "log/2", "other"]) await store.put(key, new Uint8Array(10));
    await store.get("log/1");
    await store.get("other");
    await store.delete("other");
    await store.delete(["other", "log/1"]);
    for await (const _ of store.list("log/"));
    for await (const _ of store.list("other"));
    expect(store.take()).toEqual({
      requests: 5,
      puts: 2,
      gets: 1,
      deletes: 1,
      lists: 1,
      bytesWritten: 20,
      bytesRead: 10,
      keysDeleted: 1,
      objectsListed: 1,
    });
    expect(all.take().requests).toBe(9);
  });
});
