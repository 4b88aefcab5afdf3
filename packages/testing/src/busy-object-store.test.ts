import { setImmediate as turn } from "node:timers/promises";
import type { ObjectStore } from "@wf/core";
import { describe, expect, it } from "vitest";
import { BusyObjectStore } from "./busy-object-store.ts";
import { objectStoreConformance } from "./conformance/object-store-conformance.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

objectStoreConformance(
  { describe, it },
  {
    name: "BusyObjectStore",
    isLocal: true,
    open: () => ({ store: new BusyObjectStore(new MemoryObjectStore()) }),
  },
);

const BODY = Uint8Array.of(1);
/** Far more than `idle` waits for where nothing is under way. */
const MANY_TURNS = 100;

/** A store whose every call waits until it is let through. */
function heldStore() {
  const memory = new MemoryObjectStore();
  const held: PromiseWithResolvers<void>[] = [];
  const wait = () => {
    held.push(Promise.withResolvers<void>());
    return held.at(-1)?.promise;
  };
  const store: ObjectStore = {
    put: async (...call) => {
      await wait();
      return memory.put(...call);
    },
    get: async (...call) => {
      await wait();
      return memory.get(...call);
    },
    delete: async (...call) => {
      await wait();
      return memory.delete(...call);
    },
    async *list(...call) {
      for await (const meta of memory.list(...call)) {
        await wait();
        yield meta;
      }
    },
  };
  return { memory, store: new BusyObjectStore(store), letThrough: () => held.shift()?.resolve() };
}

/** Whether the store is found idle within many turns. */
async function isIdle(store: BusyObjectStore): Promise<boolean> {
  let isOver = false;
  store.idle().then(() => {
    isOver = true;
  });
  for (let i = 0; i < MANY_TURNS && !isOver; i++) await turn();
  return isOver;
}

describe("BusyObjectStore", () => {
  it("is idle before the first call", async () => {
    expect(await isIdle(heldStore().store)).toBe(true);
  });

  it.each<[string, (store: ObjectStore) => Promise<unknown>]>([
    ["put", (store) => store.put("key", BODY)],
    ["get", (store) => store.get("key")],
    ["delete", (store) => store.delete("key")],
    ["failing put", (store) => store.put("key", BODY, { ifAbsent: true })],
  ])("is not idle during a %s, and is so after it", async (_, call) => {
    const { memory, store, letThrough } = heldStore();
    await memory.put("key", BODY);
    const ended = call(store).catch((error: unknown) => error);
    expect(await isIdle(store)).toBe(false);
    letThrough();
    await ended;
    expect(await isIdle(store)).toBe(true);
  });

  it("is not idle while a listing waits for its next object, and is so between two", async () => {
    const { memory, store, letThrough } = heldStore();
    for (const key of ["a", "b"]) await memory.put(key, BODY);
    const listing = store.list("");
    for (const key of ["a", "b"]) {
      const next = listing.next();
      expect(await isIdle(store)).toBe(false);
      letThrough();
      expect((await next).value?.key).toBe(key);
      expect(await isIdle(store)).toBe(true);
    }
    await listing.return(undefined);
    expect(await isIdle(store)).toBe(true);
  });

  it("is not idle between calls that follow one another within some turns", async () => {
    const { store, letThrough } = heldStore();
    let puts = 0;
    const program = (async () => {
      for (; puts < 10; puts++) {
        for (let i = 0; i < 4; i++) await turn();
        await store.put(`key/${puts}`, BODY);
      }
    })();
    const idle = store.idle().then(() => puts);
    for (let i = 0; i < 10 * MANY_TURNS && puts < 10; i++) {
      await turn();
      letThrough();
    }
    await program;
    expect(await idle).toBe(10);
  });
});
