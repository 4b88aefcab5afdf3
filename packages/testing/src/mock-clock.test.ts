import { describe, expect, it } from "vitest";
import { collect } from "./conformance/object-store/object-store-case.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";
import { MockClock } from "./mock-clock.ts";

const DAY_MS = 86_400_000;

describe("MockClock", () => {
  it("starts at the time it is given and stands still by itself", async () => {
    const clock = new MockClock(1_000);
    await new Promise((done) => setImmediate(done));
    expect(clock.now()).toBe(1_000);
    expect(new MockClock().now()).toBe(1_767_225_600_000);
  });

  it("wakes sleepers in order of their due time, each at its own time", async () => {
    const clock = new MockClock(0);
    const log: string[] = [];
    for (const ms of [300, 100, 200]) {
      void clock.sleep(ms).then(() => log.push(`${ms}@${clock.now()}`));
    }
    await clock.advance(250);
    expect(log).toEqual(["100@100", "200@200"]);
    expect(clock.now()).toBe(250);
    await clock.advance("50ms");
    expect(log).toEqual(["100@100", "200@200", "300@300"]);
  });

  it("wakes those due at the same time in the order in which they went to sleep", async () => {
    const clock = new MockClock(0);
    const log: number[] = [];
    for (let i = 0; i < 50; i++) void clock.sleep(10).then(() => log.push(i));
    await clock.advance(10);
    expect(log).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it("wakes within one advance those who went to sleep because of it", async () => {
    const clock = new MockClock(0);
    const log: number[] = [];
    const loop = async (periodMs: number) => {
      for (;;) {
        await clock.sleep(periodMs);
        log.push(clock.now());
      }
    };
    void loop(30);
    void loop(70);
    await clock.advance(150);
    expect(log).toEqual([30, 60, 70, 90, 120, 140, 150]);
    expect(clock.now()).toBe(150);
  });

  it("lets a chain of stores and turns run between two sleeps at the right time", async () => {
    const clock = new MockClock(0);
    const store = new MemoryObjectStore({ clock });
    const work = async () => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep("1h");
        for (let commit = 0; commit < 4; commit++) {
          await store.put(`log/${round}/${commit}`, new Uint8Array(1));
          await new Promise((done) => setImmediate(done));
        }
      }
    };
    void work();
    await clock.advance("1d");
    const written = (await collect(store.list("log/"))).map((meta) => meta.lastModified);
    expect(written).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3].map((hour) => hour * 3_600_000));
  });

  it("gives work already under way its turns before time moves", async () => {
    const clock = new MockClock(0);
    let wokeAt: number | undefined;
    const start = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
      await clock.sleep(10);
      wokeAt = clock.now();
    };
    void start();
    await clock.advance(100);
    expect(wokeAt).toBe(10);
  });

  it("leaves as many turns as it was told", async () => {
    const clock = new MockClock(0, { settleTurns: 50 });
    let turns = 0;
    const count = async () => {
      for (; turns < 100; turns++) await new Promise((done) => setImmediate(done));
    };
    void count();
    await clock.advance(0);
    expect(turns).toBeGreaterThanOrEqual(49);
    expect(turns).toBeLessThan(100);
  });

  it("resolves a sleep of 0 without an advance", async () => {
    const clock = new MockClock(0);
    await clock.sleep(0);
    expect(clock.pendingSleepers).toBe(0);
  });

  it("rejects an aborted sleep with the signal's reason and forgets it at once", async () => {
    const clock = new MockClock(0);
    const controller = new AbortController();
    const reason = new Error("stop");
    const sleep = clock.sleep("7d", controller.signal);
    void clock.sleep("8d");
    expect([clock.pendingSleepers, clock.nextDueAt]).toEqual([2, 7 * DAY_MS]);
    controller.abort(reason);
    expect([clock.pendingSleepers, clock.nextDueAt]).toEqual([1, 8 * DAY_MS]);
    await expect(sleep).rejects.toBe(reason);
    await expect(clock.sleep(5, controller.signal)).rejects.toBe(reason);
    await expect(clock.sleep(0, controller.signal)).rejects.toBe(reason);
  });

  it("lets a sleeper that wakes call off one due at the same time", async () => {
    const clock = new MockClock(0);
    const controller = new AbortController();
    const first = clock.sleep(10).then(() => controller.abort(new Error("called off")));
    const second = clock.sleep(10, controller.signal);
    const refused = expect(second).rejects.toThrow("called off");
    await clock.advance(10);
    await Promise.all([first, refused]);
  });

  it("takes its listener off the signal when the sleep ends", async () => {
    const clock = new MockClock(0);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const sleep = clock.sleep(10, signal);
    expect(listeners).toBe(1);
    await clock.advance(10);
    await sleep;
    expect(listeners).toBe(0);
  });

  it("tells how many sleep and when the next one is due", async () => {
    const clock = new MockClock(1_000);
    expect([clock.pendingSleepers, clock.nextDueAt]).toEqual([0, undefined]);
    void clock.sleep(20);
    void clock.sleep(10);
    void clock.sleep(10);
    expect([clock.pendingSleepers, clock.nextDueAt]).toEqual([3, 1_010]);
    await clock.advance(10);
    expect([clock.pendingSleepers, clock.nextDueAt]).toEqual([1, 1_020]);
  });

  it("refuses a second advance while one is under way, and the first goes on", async () => {
    const clock = new MockClock(0);
    let nested: unknown;
    void clock.sleep(10).then(() => clock.advance(5).catch((error) => (nested = error)));
    const first = clock.advance(100);
    await expect(clock.advance(1)).rejects.toMatchObject({ code: "WF_INVALID_STATE" });
    await first;
    expect(nested).toMatchObject({ code: "WF_INVALID_STATE" });
    expect(clock.now()).toBe(100);
    await clock.advance(1);
    expect(clock.now()).toBe(101);
  });

  it("wakes thousands of sleepers in order, however they were added", async () => {
    const clock = new MockClock(0);
    const woken: number[] = [];
    const controller = new AbortController();
    for (let i = 0; i < 5_000; i++) {
      const ms = ((i * 7_919) % 5_000) + 1;
      if (i % 2) void clock.sleep(ms).then(() => woken.push(ms));
      else clock.sleep(ms, controller.signal).catch(() => {});
    }
    controller.abort();
    expect(clock.pendingSleepers).toBe(2_500);
    await clock.advance("7d");
    expect(woken).toHaveLength(2_500);
    expect(woken).toEqual(woken.toSorted((a, b) => a - b));
  });

  it("refuses durations, starts and settings out of bounds", async () => {
    const clock = new MockClock(0);
    await expect(clock.sleep(-1)).rejects.toMatchObject({ code: "WF_INVALID_DURATION" });
    await expect(clock.advance(-1)).rejects.toMatchObject({ code: "WF_INVALID_DURATION" });
    expect(() => new MockClock(-1)).toThrow(
      expect.objectContaining({ code: "WF_INVALID_ARGUMENT" }),
    );
    expect(() => new MockClock(0, { settleTurns: 0.5 })).toThrow(
      expect.objectContaining({ code: "WF_INVALID_ARGUMENT" }),
    );
  });
});
