import type { ObjectStore } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, openReader, PREFIX } from "../../test-support/fixtures.ts";
import { portrait } from "../../test-support/portrait.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";
import { logPrefix, parseSlotKey, slotKey } from "../layout/keys.ts";
import { decodeSlot, encodeSeal, readOps } from "../layout/segment.ts";
import { QueueState } from "../state/queue-state.ts";

/** Two segments in flight, of which the second lands. The first stays with the test. */
async function landBehindHole(inner: SteeredObjectStore) {
  const queue = await openQueue(inner, { segmentMaxBytes: 4_096 });
  await queue.enqueue("before", bytes("a"));
  inner.holding = true;
  const outcomes = ["hole", "landed"].map((name) =>
    queue.enqueue(name, new Uint8Array(4_096)).then(
      () => "acknowledged",
      (error) => error.code,
    ),
  );
  await turn();
  const [first, second] = await inner.takeHeld();
  await second!.finish();
  inner.holding = false;
  return { queue, first: first!, outcomes };
}

/** What a reader would show that applies whatever segments are listed, in their order. */
async function naiveQueues(store: ObjectStore): Promise<string[]> {
  const state = new QueueState();
  for (const key of await keysOf(store, logPrefix(PREFIX))) {
    const found = decodeSlot(key, (await store.get(key))!, parseSlotKey(PREFIX, key)!);
    if (found.kind === "seal") continue;
    for (const op of readOps(key, found)) state.apply(op);
  }
  return [...state.queues.keys()].sort();
}

describe("a reader, where one owner follows another,", () => {
  it("goes on with the log of the next", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const first = await openQueue(inner, { clock });
    const reader = await openReader(new ReaderStore(inner), { clock });
    await first.enqueue("jobs", bytes("a"));
    const second = await openQueue(inner, { clock }); // the first did not close
    await second.enqueue("jobs", bytes("b"));
    await second.close();
    const third = await openQueue(inner, { clock });
    await third.enqueue("jobs", bytes("c"));
    await clock.advance("1s");
    expect((await reader.inspect.stats("jobs")).pending).toBe(3);
    expect(reader.lag().position).toEqual({ epoch: 3, slot: 1 });
    await reader.close();
  });

  it("passes epochs whose owner died before it wrote anything", async () => {
    const clock = new MockClock();
    const inner = new SteeredObjectStore();
    const first = await openQueue(inner, { clock });
    await first.enqueue("jobs", bytes("a"));
    const reader = await openReader(new ReaderStore(inner), { clock });
    inner.holding = true;
    openQueue(inner, { clock }).catch(() => {});
    const [epochWrite] = await inner.takeHeld();
    await epochWrite!.finish(); // and nothing after it
    inner.held.splice(0);
    inner.holding = false;
    await clock.advance("5s");
    const third = await openQueue(inner, { clock });
    await third.enqueue("jobs", bytes("b"));
    await clock.advance("1s");
    expect((await reader.inspect.stats("jobs")).pending).toBe(2);
    await reader.close();
  });

  it("reads across many openings at once, each with its seal", async () => {
    const inner = new MemoryObjectStore();
    for (let opening = 0; opening < 200; opening++) await openQueue(inner);
    const queue = await openQueue(inner);
    await queue.enqueue("jobs", bytes("a"));
    const store = new ReaderStore(inner);
    const reader = await openReader(store);
    expect((await reader.inspect.stats("jobs")).pending).toBe(1);
    expect(store.requests.length).toBeLessThan(220);
    await reader.close();
  });

  it("never shows a segment that landed behind a hole and was fenced there", async () => {
    const inner = new SteeredObjectStore();
    const { first, outcomes } = await landBehindHole(inner);
    const reader = await openReader(new ReaderStore(inner));
    expect(await reader.inspect.listQueues()).toEqual(["before"]);
    expect(await naiveQueues(inner)).toContain("landed"); // the control
    const second = await openQueue(inner);
    await first.finish();
    expect(await Promise.all(outcomes)).toEqual(["WF_FENCED", "WF_FENCED"]);
    await second.enqueue("after", bytes("b"));
    await reader.refresh();
    expect(await reader.inspect.listQueues()).toEqual(["after", "before"]);
    const late = await openReader(new ReaderStore(inner));
    expect(await late.inspect.listQueues()).toEqual(["after", "before"]);
    expect(await naiveQueues(inner)).toContain("landed"); // still
    await Promise.all([reader.close(), late.close()]);
  });

  it("shows what landed behind a hole as soon as the hole is filled", async () => {
    const inner = new SteeredObjectStore();
    const { first, outcomes } = await landBehindHole(inner);
    const store = new ReaderStore(inner);
    const reader = await openReader(store);
    await first.finish();
    expect(await Promise.all(outcomes)).toEqual(["acknowledged", "acknowledged"]);
    await reader.refresh();
    expect(await reader.inspect.listQueues()).toEqual(["before", "hole", "landed"]);
    await reader.close();
  });

  it("asks little of the store while a hole stays one", async () => {
    const inner = new SteeredObjectStore();
    await landBehindHole(inner);
    const clock = new MockClock();
    const store = new ReaderStore(inner);
    const reader = await openReader(store, { clock });
    await clock.advance("20s");
    store.takeRequests();
    await clock.advance("100s");
    expect(store.takeRequests()).toHaveLength(110); // of ten polls a look at the snapshots is part
    expect(reader.lag().behindMs).toBeLessThanOrEqual(11_000);
    await reader.close();
  });

  it("shows a segment that its owner stored and did not live to acknowledge, as the next owner does", async () => {
    const inner = new SteeredObjectStore();
    const queue = await openQueue(inner);
    inner.holding = true;
    queue.enqueue("jobs", bytes("a")).catch(() => {});
    const [write] = await inner.takeHeld();
    const put = inner.inner.put.bind(inner.inner);
    inner.inner.put = async (...args) => {
      await put(...args);
      await new Promise(() => {}); // landed, and the process is gone
    };
    write!.finish();
    await turn();
    inner.inner.put = put;
    inner.holding = false;
    const reader = await openReader(new ReaderStore(inner));
    expect((await reader.inspect.stats("jobs")).pending).toBe(1);
    const next = await openQueue(inner);
    expect((await next.inspect.stats("jobs")).pending).toBe(1);
    await reader.refresh();
    expect(await portrait(reader)).toEqual(await portrait(next));
    await reader.close();
  });

  it("takes no seal for an end that a slow opener put into a slot after it was collected", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { clock, snapshotAfterBytes: 1 });
    await queue.enqueue("jobs", bytes("a"));
    const store = new ReaderStore(inner);
    const reader = await openReader(store, { clock });
    const { epoch, slot } = reader.lag().position;
    for (let count = 0; count < 10; count++) {
      await queue.enqueue("jobs", bytes("b"));
      await turn();
    }
    const collected = slotKey(PREFIX, epoch, slot);
    expect(await inner.get(collected)).toBeUndefined();
    await inner.put(collected, encodeSeal({ epoch, slot }, epoch + 1, slot));
    // What an owner with a snapshot of its own would write next looks like what follows the seal.
    await clock.advance("1s");
    expect((await reader.inspect.stats("jobs")).pending).toBeLessThanOrEqual(11);
    expect(reader.lag().position.epoch, "it is not told to have read that epoch").toBe(epoch);
    await clock.advance("11s");
    expect((await reader.inspect.stats("jobs")).pending).toBe(11);
    expect(reader.lag().position.epoch).toBe(epoch);
    await queue.enqueue("jobs", bytes("c"));
    await clock.advance("1s");
    expect((await reader.inspect.stats("jobs")).pending).toBe(12);
    await reader.close();
  });

  it("applies nothing of the next epoch on the word of such a seal", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { clock, snapshotAfterBytes: 1 });
    await queue.enqueue("jobs", bytes("a"));
    const reader = await openReader(new ReaderStore(inner), { clock });
    const { epoch, slot } = reader.lag().position;
    for (let count = 0; count < 10; count++) {
      await queue.enqueue("jobs", bytes("b"));
      await turn();
    }
    await inner.put(slotKey(PREFIX, epoch, slot), encodeSeal({ epoch, slot }, epoch + 1, slot));
    // The slow opener comes to its end after all, and the next epoch begins.
    const next = await openQueue(inner, { clock });
    await next.enqueue("jobs", bytes("c"));
    const seen: number[] = [];
    for (let looks = 0; looks < 15; looks++) {
      await clock.advance("1s");
      seen.push((await reader.inspect.stats("jobs")).pending);
    }
    expect(new Set(seen)).toEqual(new Set([12])); // 2, as 1 and the next, is no state that ever was
    await reader.close();
  });
});
