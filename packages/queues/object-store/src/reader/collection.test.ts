import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, openReader, PREFIX } from "../../test-support/fixtures.ts";
import { portrait } from "../../test-support/portrait.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";
import { logPrefix, slotKey } from "../layout/keys.ts";

/** A snapshot whenever the one before is done, so that almost everything is collected almost at once. */
const ALWAYS = { snapshotAfterBytes: 1 };

type Queue = Awaited<ReturnType<typeof openQueue>>;

async function work(queue: Queue, jobs: number): Promise<void> {
  for (let count = 0; count < jobs; count++) {
    await queue.enqueue("jobs", bytes(`${count}`), { kv: { [`key/${count}`]: bytes(`${count}`) } });
    await turn();
  }
}

const isLog = (request: string) => request.startsWith(`get ${PREFIX}/log/`);
const isSegment = (request: string) => request === `get ${slotKey(PREFIX, 2, 0)}`;
const isPart = (request: string) => /get .*snapshots\/.*\/\d+$/.test(request);
const isWhole = (request: string) => /get .*\/whole$/.test(request);

describe("a reader of a queue whose old objects are collected", () => {
  it("opens from the newest snapshot and reads little of the log", async () => {
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, ALWAYS);
    await work(queue, 50);
    const store = new ReaderStore(inner);
    const reader = await openReader(store);
    expect(await portrait(reader)).toEqual(await portrait(queue));
    expect(store.requests.filter(isLog).length).toBeLessThan(5);
    await reader.close();
  });

  it.each([
    ["the whole object", isWhole],
    ["a part", isPart],
    ["a segment", isSegment],
  ])("opens from a newer snapshot where %s goes while it is about to be read", async (_, isIt) => {
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, ALWAYS);
    await work(queue, 10);
    // Something to read behind the newest snapshot.
    await work(await openQueue(inner), 3);
    const owner = await openQueue(inner, ALWAYS);
    const store = new ReaderStore(inner);
    let meddled = 0;
    store.before = async (request) => {
      if (!isIt(request) || meddled++ > 0) return;
      await work(owner, 10);
      const key = request.slice("get ".length);
      expect(await keysOf(inner, key)).toEqual([]); // gone indeed
    };
    const reader = await openReader(store);
    expect(meddled).toBeGreaterThan(0);
    expect(await portrait(reader)).toEqual(await portrait(owner));
    await reader.close();
  });

  it("opens although that happens to it many times in a row", async () => {
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, ALWAYS);
    await work(queue, 10);
    const store = new ReaderStore(inner);
    let meddled = 0;
    store.before = async (request) => {
      if (isPart(request) && meddled++ < 20) await work(queue, 5);
    };
    const reader = await openReader(store);
    expect(meddled).toBeGreaterThan(20);
    expect(await portrait(reader)).toEqual(await portrait(queue));
    await reader.close();
  });

  it("says so where it never gets to read a snapshot, and the call may be repeated", async () => {
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, ALWAYS);
    await work(queue, 2);
    const store = new ReaderStore(inner);
    store.before = async (request) => {
      for (let count = 0; isPart(request) && count < 5; count++) {
        await queue.kv.put("key", bytes(`${count}`));
        await turn();
      }
    };
    await expect(openReader(store)).rejects.toMatchObject({
      code: "WF_STORE_UNAVAILABLE",
      retry: "safe",
    });
  });

  it("goes on from a newer snapshot where the slots that it was to read next are gone", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { ...ALWAYS, clock });
    await work(queue, 5);
    const reader = await openReader(new ReaderStore(inner), { clock });
    await work(queue, 20);
    await reader.refresh();
    expect(await portrait(reader)).toEqual(await portrait(queue));
    await work(queue, 20);
    await clock.advance("12s"); // by its polls alone
    expect(await portrait(reader)).toEqual(await portrait(queue));
    await reader.close();
  });

  it("notices with its next polls, where the log had been in motion before", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { clock });
    const reader = await openReader(new ReaderStore(inner), { clock });
    await queue.enqueue("jobs", bytes("a"));
    await clock.advance("1s");
    await queue.close();
    await work(await openQueue(inner, { ...ALWAYS, clock }), 20);
    await clock.advance("2s");
    expect((await reader.inspect.stats("jobs")).pending).toBe(21);
    await reader.close();
  });

  it("tells a collected slot from one that is still to be written, where no later object does", async () => {
    const inner = new SteeredObjectStore();
    const queue = await openQueue(inner, { ...ALWAYS, segmentMaxBytes: 4_096 });
    const enqueue = () => queue.enqueue("jobs", new Uint8Array(4_096));
    inner.holding = true;
    const enqueued = [enqueue(), enqueue()];
    const [first, second] = await inner.takeHeld();
    await first!.finish(); // and a snapshot begins, of what the second one will bring
    const reader = await openReader(new ReaderStore(inner));
    enqueued.push(enqueue());
    const [third] = await inner.takeHeld(); // which knows nothing of the second
    await second!.finish();
    while (inner.held.length > 0) for (const write of inner.held.splice(0)) await write.finish();
    inner.holding = false;
    await third!.finish(); // and a second snapshot is taken, and what the first covers collected
    await Promise.all(enqueued);
    expect(reader.lag().position).toEqual({ epoch: 1, slot: 1 });
    expect(await keysOf(inner, logPrefix(PREFIX))).toEqual([slotKey(PREFIX, 1, 2)]);
    await reader.refresh();
    expect((await reader.inspect.stats("jobs")).pending).toBe(3);
    await reader.close();
  });

  it("serves the fold that it had until the new one is complete, and then that alone", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { ...ALWAYS, clock });
    await work(queue, 5);
    const store = new ReaderStore(inner);
    const reader = await openReader(store, { clock });
    const before = await portrait(reader);
    const { position } = reader.lag();
    await work(queue, 20);
    const after = await portrait(queue);
    let looks = 0;
    store.before = async () => {
      looks++;
      expect(await portrait(reader)).toEqual(before);
      expect(reader.lag().position).toEqual(position);
    };
    await reader.refresh();
    expect(looks).toBeGreaterThan(3);
    expect(await portrait(reader)).toEqual(after);
    await reader.close();
  });

  it("resumes where it was, if the store fails while it is starting again", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { ...ALWAYS, clock });
    await work(queue, 5);
    const store = new ReaderStore(inner);
    const reader = await openReader(store, { clock });
    const before = await portrait(reader);
    await work(queue, 20);
    for (let failAt = 0; failAt < 8; failAt++) {
      let requests = 0;
      store.before = async () => {
        store.isDown = requests++ >= failAt;
      };
      await reader.refresh().catch((error) => {
        expect(error).toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
      });
      const shown = await portrait(reader);
      if (reader.lag().failure !== undefined) expect(shown).toEqual(before);
    }
    store.before = async () => {};
    store.isDown = false;
    await reader.refresh();
    expect(await portrait(reader)).toEqual(await portrait(queue));
    await reader.close();
  });
});
