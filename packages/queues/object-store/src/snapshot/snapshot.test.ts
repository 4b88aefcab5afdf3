import { FencedError } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, PREFIX, pending } from "../../test-support/fixtures.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";

/** A snapshot whenever the one before is done. */
const ALWAYS = { snapshotAfterBytes: 1 };

const isWhole = (key: string) => key.endsWith("/whole");

async function wholeSnapshots(store: MemoryObjectStore): Promise<string[]> {
  return (await keysOf(store, `${PREFIX}/snapshots/`)).filter(isWhole);
}

describe("snapshots", () => {
  it("let a queue open without the segments that they cover", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, ALWAYS);
    for (let count = 0; count < 40; count++) {
      await queue.enqueue("jobs", bytes(`${count}`));
      await turn();
    }
    const segments = await keysOf(store, `${PREFIX}/log/`);
    expect(segments.length).toBeLessThan(10);
    expect(await pending(await openQueue(store), "jobs")).toHaveLength(40);
  });

  it("are kept two at a time, and what the older one does not cover is kept with them", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, ALWAYS);
    for (let count = 0; count < 40; count++) {
      await queue.enqueue("jobs", bytes(`${count}`));
      await turn();
    }
    await queue.close();
    const [, newer = "", ...more] = await wholeSnapshots(store);
    expect(more).toEqual([]);
    // Without the newer one, the older and its segments give the same.
    const newest = newer.replace(/whole$/, "");
    await store.delete(await keysOf(store, newest));
    expect(await pending(await openQueue(store), "jobs")).toHaveLength(40);
  });

  it("are taken of one moment, while the work goes on", async () => {
    const inner = new MemoryObjectStore();
    const store = new SteeredObjectStore(inner);
    const queue = await openQueue(store, { ...ALWAYS, segmentMaxBytes: 4_096 });
    const expected: string[] = [];
    const work = async (producer: number) => {
      for (let count = 0; count < 50; count++) {
        const payload = `${producer}.${count}`;
        expected.push(payload);
        await queue.enqueue("jobs", bytes(payload.padEnd(count * 20)));
        const [claim] = await queue.claim("jobs");
        if (count % 2 === 0) await queue.ack(claim!, { put: { last: bytes(payload) } });
        else await queue.nack(claim!, "again", { retryAfter: 0 });
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, producer) => work(producer)));
    const before = {
      stats: await queue.inspect.stats("jobs"),
      pending: await pending(queue, "jobs"),
      last: await queue.kv.get("last"),
    };
    expect(await wholeSnapshots(inner)).not.toHaveLength(0);
    const again = await openQueue(store);
    expect({
      stats: await again.inspect.stats("jobs"),
      pending: await pending(again, "jobs"),
      last: await again.kv.get("last"),
    }).toEqual(before);
  });

  it("do not hold back any commit while they are written", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, ALWAYS);
    await queue.enqueue("jobs", bytes("a"));
    await turn();
    store.holding = true;
    const enqueued = queue.enqueue("jobs", bytes("b"));
    const writes = await store.takeHeld();
    store.holding = false;
    for (const write of writes.filter(({ key }) => key.includes("/log/"))) await write.finish();
    await enqueued;
  });

  it("that are not whole do not count, and are collected with the next", async () => {
    const store = new SteeredObjectStore();
    const first = await openQueue(store, ALWAYS);
    store.holding = true;
    const enqueued = first.enqueue("jobs", bytes("a"));
    const [segment] = await store.takeHeld();
    await segment!.finish();
    await enqueued;
    const part = (await store.takeHeld())[0]!;
    expect(part.key).toContain("/snapshots/");
    await part.finish(); // and the process dies before the rest
    store.holding = false;
    const second = await openQueue(store, ALWAYS);
    expect(await pending(second, "jobs")).toEqual(["a"]);
    for (let count = 0; count < 5; count++) {
      await second.enqueue("jobs", bytes("b"));
      await turn();
    }
    expect(await keysOf(store, part.key.replace(/\d+$/, ""))).toEqual([]);
  });

  it("leave every seal in its place", async () => {
    const store = new MemoryObjectStore();
    for (let opening = 0; opening < 5; opening++) {
      const queue = await openQueue(store, ALWAYS);
      for (let count = 0; count < 5; count++) {
        await queue.enqueue("jobs", bytes("a"));
        await turn();
      }
      if (opening % 2 === 0) await queue.close();
    }
    const epochs = new Set((await keysOf(store, `${PREFIX}/log/`)).map((key) => key.split("/")[2]));
    expect(epochs.size).toBe(5);
    expect(await pending(await openQueue(store), "jobs")).toHaveLength(25);
  });
});

describe("a paused owner whose slots were collected", () => {
  it("is fenced when it comes back, and acknowledges nothing", async () => {
    const store = new SteeredObjectStore();
    const paused = await openQueue(store);
    await paused.enqueue("jobs", bytes("kept"));
    store.holding = true;
    const outcome = paused.enqueue("jobs", bytes("lost")).catch((error) => error);
    const [write] = await store.takeHeld();
    store.holding = false;
    const next = await openQueue(store, ALWAYS);
    for (let count = 0; count < 10; count++) {
      await next.enqueue("jobs", bytes("more"));
      await turn();
    }
    const own = `${PREFIX}/log/${"1".padStart(20, "0")}/`;
    expect(await keysOf(store, own)).toHaveLength(1); // the seal
    await write?.finish();
    expect(await outcome).toBeInstanceOf(FencedError);
    expect(await pending(await openQueue(store), "jobs")).toHaveLength(11);
  });

  it("control: without its seal it would acknowledge what nobody reads", async () => {
    const store = new SteeredObjectStore();
    const paused = await openQueue(store);
    await paused.enqueue("jobs", bytes("kept"));
    store.holding = true;
    const outcome = paused.enqueue("jobs", bytes("lost"));
    const [write] = await store.takeHeld();
    store.holding = false;
    const next = await openQueue(store, ALWAYS);
    for (let count = 0; count < 10; count++) {
      await next.enqueue("jobs", bytes("more"));
      await turn();
    }
    const own = `${PREFIX}/log/${"1".padStart(20, "0")}/`;
    await store.delete(await keysOf(store, own));
    await write?.finish();
    expect(await outcome).toMatchObject({ isNew: true }); // acknowledged …
    const after = await pending(await openQueue(store), "jobs");
    expect(after).not.toContain("lost"); // … and not there
  });
});

describe("an opener while the owner is at work", () => {
  it("starts again from the newer snapshot when segments are collected under it", async () => {
    const inner = new MemoryObjectStore();
    const owner = await openQueue(inner, ALWAYS);
    for (let count = 0; count < 10; count++) {
      await owner.enqueue("jobs", bytes("a"));
      await turn();
    }
    // Between the opener's look at the snapshots and its reading, the owner goes on and collects.
    const store = new SteeredObjectStore(inner);
    const list = store.list.bind(store);
    let looks = 0;
    store.list = async function* (prefix, options) {
      yield* list(prefix, options);
      if (!prefix.includes("/snapshots/") || looks++ > 0) return;
      for (let count = 0; count < 10; count++) {
        await owner.enqueue("jobs", bytes("b"));
        await turn();
      }
    };
    const opener = await openQueue(store);
    expect(looks).toBeGreaterThan(1);
    expect(await pending(opener, "jobs")).toHaveLength(20);
    await expect(owner.enqueue("jobs", bytes("c"))).rejects.toBeInstanceOf(FencedError);
  });

  it("survives openings and takeovers at every moment of a busy owner", async () => {
    const store = new MemoryObjectStore();
    const clock = new MockClock();
    let acknowledged = 0;
    const busy = async (queue: Awaited<ReturnType<typeof openQueue>>) => {
      for (;;) {
        await queue.enqueue("jobs", bytes("x"));
        acknowledged++;
      }
    };
    const ended: Promise<unknown>[] = [];
    for (let opening = 0; opening < 30; opening++) {
      const queue = await openQueue(store, { ...ALWAYS, clock });
      ended.push(busy(queue).catch((error) => error));
      for (let count = 0; count < opening % 7; count++) await turn();
    }
    const last = await openQueue(store);
    const ends = await Promise.all(ended);
    expect(ends.every((error) => error instanceof FencedError)).toBe(true);
    expect((await last.inspect.stats("jobs")).pending).toBe(acknowledged);
  });
});
