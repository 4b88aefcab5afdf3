import { describe, expect, it } from "vitest";
import { bytes, openQueue } from "../../test-support/fixtures.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";

const KIB = 1_024;

/** A queue with room for 64 KiB, on a store that has stopped answering, and that room used up. */
async function fullQueue() {
  const store = new SteeredObjectStore();
  const options = { pendingMaxBytes: 64 * KIB, segmentMaxBytes: 4 * KIB };
  const queue = await openQueue(store, options);
  store.holding = true;
  const calls = Array.from({ length: 200 }, () => queue.enqueue("jobs", new Uint8Array(KIB)));
  await turn();
  const recover = async () => {
    store.holding = false;
    for (const write of store.held.splice(0)) await write.finish();
  };
  return { store, queue, calls, recover };
}

describe("a queue whose store is slow or down", () => {
  it("takes a bounded number of bytes into memory, and the rest when there is room", async () => {
    const { store, queue, calls, recover } = await fullQueue();
    let taken = 0;
    for (const { key } of store.held) {
      if (key.includes("/log/")) taken++;
    }
    expect(taken).toBe(8); // as many writes as may be in flight, of 4 KiB each
    await recover();
    await Promise.all(calls);
    expect((await queue.inspect.stats("jobs")).pending).toBe(200);
  });

  it("keeps the order in which the calls came", async () => {
    const { queue, calls, recover } = await fullQueue();
    const last = queue.enqueue("jobs", bytes("last"));
    await recover();
    await Promise.all([...calls, last]);
    const ids = await Promise.all([...calls, last]);
    expect(ids.map(({ id }) => id)).toEqual(ids.map(({ id }) => id).toSorted());
  });

  it("lets a caller give up by its signal, and applies nothing of its commit", async () => {
    const { queue, calls, recover } = await fullQueue();
    const patience = new AbortController();
    const { signal } = patience;
    const given = [
      queue.commit({ put: { key: bytes("never") } }, { signal }),
      queue.enqueue("jobs", bytes("never"), { signal }),
      queue.enqueueMany([{ queue: "jobs", payload: bytes("never") }], { signal }),
    ];
    const refused = given.map((call) => expect(call).rejects.toThrow("out of patience"));
    patience.abort(new Error("out of patience"));
    await Promise.all(refused);
    await recover();
    await Promise.all(calls);
    expect((await queue.inspect.stats("jobs")).pending).toBe(200);
    expect(await queue.kv.get("key")).toBeUndefined();
  });

  it("commits what a caller asked for when it asked, not what became of it while it waited", async () => {
    const { queue, calls, recover } = await fullQueue();
    const value = bytes("asked");
    const put = queue.kv.put("key", value);
    value.fill(0);
    await recover();
    await Promise.all([...calls, put]);
    expect(await queue.kv.get("key")).toEqual(bytes("asked"));
  });

  it("takes what is larger than the bound when there is room at all", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { pendingMaxBytes: 64 * KIB });
    await queue.commit({ put: { large: new Uint8Array(256 * KIB) } });
    expect((await queue.kv.get("large"))?.length).toBe(256 * KIB);
  });

  it("ends the waits when it ends itself", async () => {
    const { store, queue, calls } = await fullQueue();
    const ended = Promise.allSettled(calls);
    store.holding = false;
    await openQueue(store.inner);
    for (const write of store.held.splice(0)) await write.finish();
    const outcomes = await ended;
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    await expect(queue.kv.get("key")).rejects.toMatchObject({ code: "WF_FENCED" });
  });
});
