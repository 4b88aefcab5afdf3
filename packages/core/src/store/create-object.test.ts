import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { StoreError } from "../errors.ts";
import { createObject } from "./create-object.ts";

const A = new Uint8Array([1, 2]);
const B = new Uint8Array([3]);

describe("createObject", () => {
  it("creates an object that is not there", async () => {
    const store = new MemoryObjectStore();
    expect(await createObject(store, "k", A)).toEqual({ created: true });
    expect(await store.get("k")).toEqual(A);
  });

  it("gives the winner's bytes to the loser and changes nothing", async () => {
    const store = new MemoryObjectStore();
    await store.put("k", A);
    expect(await createObject(store, "k", B)).toEqual({ created: false, existing: A });
    expect(await store.get("k")).toEqual(A);
  });

  it("reports success when it finds its own bytes, as after a lost answer", async () => {
    const store = new MemoryObjectStore();
    await store.put("k", A);
    expect(await createObject(store, "k", A)).toEqual({ created: true });
  });

  it("lets one of many win", async () => {
    const store = new MemoryObjectStore();
    const bodies = Array.from({ length: 50 }, (_, i) => new Uint8Array([i]));
    const results = await Promise.all(bodies.map((body) => createObject(store, "k", body)));
    expect(results.filter((result) => result.created)).toHaveLength(1);
  });

  it("says so when the winner was gone before it could be read", async () => {
    const store = new MemoryObjectStore();
    await store.put("k", A);
    store.get = async () => undefined;
    await expect(createObject(store, "k", B)).rejects.toMatchObject({
      code: "WF_STORE_ALREADY_EXISTS",
      key: "k",
    });
  });

  it("passes on what the store throws, and an abort", async () => {
    const store = new MemoryObjectStore();
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    await expect(createObject(store, "k", A, { signal })).rejects.toBe(reason);
    const lost = new StoreError("WF_STORE_OUTCOME_UNKNOWN", "reset");
    store.put = () => Promise.reject(lost);
    await expect(createObject(store, "k", A)).rejects.toBe(lost);
  });
});
