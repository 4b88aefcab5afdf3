import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, PREFIX, pending, text } from "../../test-support/fixtures.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";

describe("group commit", () => {
  it("one operation alone costs one write", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store);
    const before = store.requests;
    await queue.enqueue("jobs", bytes("a"));
    expect(store.requests - before).toBe(1);
  });

  it("what arrives while a write is under way shares the next one", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store);
    store.holding = true;
    const first = queue.enqueue("jobs", bytes("first"));
    const [write] = await store.takeHeld();
    const others = Array.from({ length: 50 }, (_, index) =>
      queue.enqueue("jobs", bytes(`${index}`)),
    );
    await turn();
    expect(store.held).toHaveLength(0);
    await write?.finish();
    await first;
    const next = await store.takeHeld();
    expect(next).toHaveLength(1);
    await next[0]?.finish();
    expect(await Promise.all(others)).toHaveLength(50);
  });

  it("full segments are written side by side", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { segmentMaxBytes: 4_096, maxWritesInFlight: 3 });
    store.holding = true;
    const enqueues = Array.from({ length: 20 }, () => queue.enqueue("jobs", new Uint8Array(4_096)));
    await turn();
    expect(store.held).toHaveLength(3);
    store.holding = false;
    for (const write of store.held.splice(0)) await write.finish();
    await Promise.all(enqueues);
    expect((await queue.inspect.stats("jobs")).pending).toBe(20);
  });

  it("a commit does not wait for a write that carries only claims", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store);
    await queue.enqueue("jobs", bytes("a"));
    store.holding = true;
    const [claim] = await queue.claim("jobs");
    const [claimWrite] = await store.takeHeld();
    const acked = queue.ack(claim!);
    const [ackWrite] = await store.takeHeld();
    await ackWrite?.finish();
    await claimWrite?.finish();
    await acked;
  });

  it("acknowledges in the order of the slots, whichever write is done first", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { segmentMaxBytes: 4_096 });
    store.holding = true;
    const done: string[] = [];
    const enqueues = ["a", "b", "c"].map((name) =>
      queue.enqueue(name, new Uint8Array(4_096)).then(() => done.push(name)),
    );
    await turn();
    const [a, b, c] = await store.takeHeld();
    await c?.finish();
    await b?.finish();
    expect(done).toEqual([]);
    expect(await queue.inspect.listQueues()).toEqual([]);
    await a?.finish();
    await Promise.all(enqueues);
    expect(done).toEqual(["a", "b", "c"]);
  });

  it("shows nobody what is not durable", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store);
    await queue.kv.put("key", bytes("old"));
    store.holding = true;
    const commit = queue.commit({
      put: { key: bytes("new") },
      enqueue: [{ queue: "jobs", id: "j1", payload: bytes("a") }],
    });
    await turn();
    expect(text(await queue.kv.get("key"))).toBe("old");
    expect(await queue.claim("jobs")).toEqual([]);
    expect(await queue.inspect.getJob("j1")).toBeUndefined();
    for (const write of await store.takeHeld()) await write.finish();
    await commit;
    expect(text(await queue.kv.get("key"))).toBe("new");
    store.holding = false;
    expect(await queue.claim("jobs")).toHaveLength(1);
  });

  it("a decision on what is being written waits until that is durable", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store);
    store.holding = true;
    const put = queue.kv.put("key", bytes("1"));
    const swapped = queue.kv.compareAndPut("key", bytes("1"), bytes("2"));
    const refused = queue.kv.compareAndPut("key", undefined, bytes("3"));
    const writes = await store.takeHeld();
    store.holding = false;
    for (const write of writes) await write.finish();
    await put;
    expect(await swapped).toBe(true);
    expect(await refused).toBe(false);
    expect(text(await queue.kv.get("key"))).toBe("2");
  });

  it("an idle queue makes no requests", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store);
    await queue.enqueue("jobs", bytes("a"), { delay: "7d" });
    const before = store.requests;
    for (let count = 0; count < 10; count++) await turn();
    expect(store.requests).toBe(before);
  });
});

describe("a store that fails", () => {
  it("a write whose answer was lost is acknowledged once its own bytes are found", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { clock: instantClock() });
    store.holding = true;
    const enqueued = queue.enqueue("jobs", bytes("a"));
    const [write] = await store.takeHeld();
    store.holding = false;
    await write?.loseAnswer();
    await enqueued;
    expect(await pending(queue, "jobs")).toEqual(["a"]);
    expect(await keysOf(store, `${PREFIX}/log/`)).toHaveLength(1);
  });

  it("callers wait while the store is down and get their answer when it is back", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { clock: instantClock() });
    store.holding = true;
    const enqueued = queue.enqueue("jobs", bytes("a"));
    for (let tries = 0; tries < 5; tries++) {
      for (const write of await store.takeHeld()) await write.fail();
    }
    expect(await queue.inspect.listQueues()).toEqual([]);
    store.holding = false;
    for (const write of store.held.splice(0)) await write.finish();
    await enqueued;
    expect(await pending(queue, "jobs")).toEqual(["a"]);
  });
});

/** Waits take no time, so that tries follow one another. */
function instantClock() {
  return { now: () => 1_000, sleep: async () => {} };
}
