import { hostname } from "node:os";
import { pid } from "node:process";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, openReader, PREFIX } from "../../test-support/fixtures.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";
import { decodeHeartbeat } from "../layout/heartbeat-object.ts";
import { heartbeatKey, heartbeatsPrefix } from "../layout/keys.ts";

const BEATS = heartbeatsPrefix(PREFIX);

async function lastBeat(store: MemoryObjectStore | SteeredObjectStore, epoch = 1) {
  const key = heartbeatKey(PREFIX, epoch);
  return decodeHeartbeat(key, (await store.get(key))!, epoch);
}

describe("the heartbeat of an owner", () => {
  it("is off unless it is asked for: an idle owner makes no requests at all", async () => {
    const clock = new MockClock();
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { clock });
    await queue.enqueue("jobs", bytes("a"));
    await clock.advance("1s");
    store.requests = 0;
    await clock.advance("30d");
    expect(store.requests).toBe(0);
    expect(await keysOf(store, BEATS)).toEqual([]);
    await queue.close();
  });

  it("beats once each interval, in one object, with one write each", async () => {
    const clock = new MockClock();
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, { clock, heartbeat: "10s" });
    const openedAt = clock.now();
    expect(await lastBeat(store)).toEqual({
      epoch: 1,
      count: 1,
      at: openedAt,
      intervalMs: 10_000,
    });
    store.requests = 0;
    await clock.advance("10m");
    expect(store.requests).toBe(60);
    expect(await keysOf(store, BEATS)).toEqual([heartbeatKey(PREFIX, 1)]);
    expect(await lastBeat(store)).toMatchObject({ count: 61, at: openedAt + 600_000 });
    await queue.close();
  });

  it("is durable before the queue is open, and opening fails where it cannot be written", async () => {
    const store = new SteeredObjectStore();
    const put = store.put.bind(store);
    let order = "";
    store.put = async (key, ...rest) => {
      if (key.startsWith(BEATS)) order += "beat ";
      return put(key, ...rest);
    };
    const queue = await openQueue(store, { heartbeat: "10s" });
    order += "open";
    expect(order).toBe("beat open");
    await queue.close();
    store.put = async (key, ...rest) => {
      if (key.startsWith(BEATS)) throw new Error("no room");
      return put(key, ...rest);
    };
    const clock = new MockClock();
    await expect(openQueue(store, { heartbeat: "10s", clock })).rejects.toThrow("no room");
    expect(clock.pendingSleepers).toBe(0);
  });

  it("goes on after a failed write, which is logged and nothing else", async () => {
    const clock = new MockClock();
    const store = new SteeredObjectStore();
    const warnings: string[] = [];
    const ignore = () => {};
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (_: object, message: string) => warnings.push(message),
    };
    const queue = await openQueue(store, { clock, logger, heartbeat: "1s" });
    store.holding = true;
    const failing = clock.advance("1s");
    await failing;
    const [beat] = await store.takeHeld();
    await beat!.fail();
    expect(warnings).toEqual([expect.stringContaining("heartbeat failed")]);
    store.holding = false;
    await queue.enqueue("jobs", bytes("a"));
    await clock.advance("2s");
    expect((await lastBeat(store)).count).toBe(4);
    await queue.close();
  });

  it("ends with the queue, whether that is closed or taken over", async () => {
    for (const end of ["close", "fence"]) {
      const clock = new MockClock();
      const store = new SteeredObjectStore();
      const queue = await openQueue(store, { clock, heartbeat: "1s" });
      if (end === "close") await queue.close();
      else {
        await openQueue(store, { clock });
        await expect(queue.enqueue("jobs", bytes("a"))).rejects.toMatchObject({
          code: "WF_FENCED",
        });
      }
      store.requests = 0;
      await clock.advance("1m");
      expect(store.requests).toBe(0);
    }
  });

  it("of owners before is removed by the next one that has one", async () => {
    const store = new MemoryObjectStore();
    for (let opening = 0; opening < 3; opening++) await openQueue(store, { heartbeat: "1s" });
    expect(await keysOf(store, BEATS)).toEqual([heartbeatKey(PREFIX, 3)]);
  });

  it("is refused below one second", async () => {
    const store = new MemoryObjectStore();
    for (const heartbeat of [0, 999, "-1s" as "1s"]) {
      await expect(openQueue(store, { heartbeat })).rejects.toMatchObject({
        code: "WF_INVALID_DURATION",
        message: expect.stringContaining("heartbeat"),
      });
    }
    expect(await keysOf(store)).toEqual([]);
  });
});

describe("the liveness that a reader tells", () => {
  it("names the owner: its epoch, host and process, and since when", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore();
    await openQueue(store, { clock });
    const reader = await openReader(store, { clock });
    const openedAt = clock.now();
    const owner = { epoch: 1, host: hostname(), processId: pid, openedAt };
    expect(await reader.liveness()).toMatchObject({ owner });
    await clock.advance("1m");
    await openQueue(store, { clock });
    expect(await reader.liveness()).toMatchObject({
      owner: { ...owner, epoch: 2, openedAt: openedAt + 60_000 },
    });
    await reader.close();
  });

  it("is unknown without a heartbeat, with the time at which the log last went on", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, { clock });
    await queue.enqueue("jobs", bytes("a"));
    const reader = await openReader(store, { clock });
    expect(await reader.liveness()).toMatchObject({
      state: "unknown",
      lastSegmentSeenAt: undefined,
    });
    await clock.advance("1m");
    await queue.enqueue("jobs", bytes("b"));
    await clock.advance("1m");
    expect(await reader.liveness()).toMatchObject({
      state: "unknown",
      lastSegmentSeenAt: clock.now() - 59_000,
    });
    await reader.close();
  });

  it("is closed once the owner has closed, until the next one opens", async () => {
    for (const heartbeat of [undefined, "5s"] as const) {
      const store = new MemoryObjectStore();
      const clock = new MockClock();
      const queue = await openQueue(store, { clock, heartbeat });
      const reader = await openReader(store, { clock });
      await queue.close();
      expect(await reader.liveness()).toMatchObject({ state: "closed", owner: { epoch: 1 } });
      await openQueue(store, { clock, heartbeat });
      const { state, owner } = await reader.liveness();
      expect([state, owner.epoch]).toEqual([heartbeat === undefined ? "unknown" : "alive", 2]);
      await reader.close();
    }
  });

  it("is not closed where an owner was fenced, nor where a crash ended it", async () => {
    const store = new MemoryObjectStore();
    await openQueue(store);
    await openQueue(store);
    await using reader = await openReader(store);
    expect(await reader.liveness()).toMatchObject({ state: "unknown", owner: { epoch: 2 } });
  });

  it("is alive while the heart beats, and silent three intervals after the last beat", async () => {
    const ownersClock = new MockClock(1_000); // which is years behind
    const clock = new MockClock();
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, { clock: ownersClock, heartbeat: "10s" });
    const reader = await openReader(store, { clock });
    // At the first look there is nothing but the clocks to compare, and these do not agree.
    expect(await reader.liveness()).toMatchObject({ state: "silent", evidence: "clock" });
    for (let looks = 0; looks < 5; looks++) {
      await ownersClock.advance("10s");
      await clock.advance("10s");
      expect(await reader.liveness()).toMatchObject({
        state: "alive",
        evidence: "counter",
        lastBeat: { count: looks + 2, intervalMs: 10_000 },
      });
    }
    // The owner's process stands still.
    await clock.advance("30s");
    expect(await reader.liveness()).not.toMatchObject({ evidence: "counter" });
    await clock.advance(1);
    expect(await reader.liveness()).toMatchObject({ state: "silent", evidence: "counter" });
    await ownersClock.advance("10s");
    expect(await reader.liveness()).toMatchObject({ state: "alive", evidence: "counter" });
    await queue.close();
    expect(await reader.liveness()).toMatchObject({ state: "closed" });
    await reader.close();
  });

  it("is unknown between the taking of the epoch and the first beat", async () => {
    const inner = new SteeredObjectStore();
    const clock = new MockClock();
    const first = await openQueue(inner, { clock, heartbeat: "10s" });
    const reader = await openReader(inner, { clock });
    expect((await reader.liveness()).state).toBe("alive");
    inner.holding = true;
    const opening = openQueue(inner, { clock, heartbeat: "10s" });
    const [epochWrite] = await inner.takeHeld();
    await epochWrite!.finish();
    expect(await reader.liveness()).toMatchObject({ state: "unknown", owner: { epoch: 2 } });
    inner.holding = false;
    for (const write of await inner.takeHeld()) await write.finish();
    await opening;
    await turn();
    expect(await reader.liveness()).toMatchObject({ state: "alive", owner: { epoch: 2 } });
    await expect(first.enqueue("jobs", bytes("a"))).rejects.toMatchObject({ code: "WF_FENCED" });
    await reader.close();
  });

  it("costs a few requests when it is asked for, and none else", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    await openQueue(inner, { clock, heartbeat: "10s" });
    const store = new ReaderStore(inner);
    const reader = await openReader(store, { clock });
    await reader.liveness();
    store.takeRequests();
    await reader.liveness();
    expect(store.takeRequests().map((request) => request.split(" ")[0])).toEqual([
      "list",
      "list",
      "get",
    ]);
    await clock.advance("5s");
    expect(store.takeRequests()).toHaveLength(5);
    await reader.close();
  });

  it("reports a damaged heartbeat by its key", async () => {
    const store = new MemoryObjectStore();
    await openQueue(store, { heartbeat: "10s" });
    const key = heartbeatKey(PREFIX, 1);
    await store.put(key, bytes("not a heartbeat"));
    await using reader = await openReader(store);
    await expect(reader.liveness()).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key });
    expect(await reader.inspect.listQueues()).toEqual([]);
  });
});
