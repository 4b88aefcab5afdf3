import type { Job } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, openQueue, openReader, PREFIX, text } from "../../test-support/fixtures.ts";
import { portrait } from "../../test-support/portrait.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";

const payloads = (page: { readonly items: readonly Job[] }) =>
  page.items.map((job) => text(job.payload));

/** An owner and a reader of one store, on one clock. */
async function openBoth(options: Parameters<typeof openQueue>[1] = {}) {
  const clock = new MockClock();
  const inner = new SteeredObjectStore();
  const queue = await openQueue(inner, { clock, ...options });
  const store = new ReaderStore(inner);
  const reader = await openReader(store, { clock });
  return { clock, inner, queue, store, reader };
}

describe("a reader", () => {
  it("shows what its owner has acknowledged, all sides of it", async () => {
    const { queue, reader, clock } = await openBoth({ queues: { jobs: { doneRetention: "1d" } } });
    await queue.enqueue("jobs", bytes("a"), { headers: { of: "a" }, kv: { with: bytes("a") } });
    await queue.enqueue("jobs", bytes("later"), { delay: "1h", dedupKey: "once" });
    const ids = await queue.enqueueMany(
      ["b", "c", "d", "e"].map((name) => ({ queue: "jobs", payload: bytes(name) })),
    );
    const claims = await queue.claim("jobs", { max: 4 });
    await queue.ack(claims[0]!, { put: { result: bytes("ok") }, enqueue: [] });
    await queue.nack(claims[1]!, "try again", { retryAfter: "1m" });
    await queue.deadLetter(claims[2]!, "no use");
    await queue.cancel(ids[3]!.id);
    await reader.refresh();
    expect(await portrait(reader)).toEqual(await portrait(queue));
    expect(await reader.inspect.stats("jobs")).toEqual(await queue.inspect.stats("jobs"));
    expect(text(await reader.kv.get("result"))).toBe("ok");
    expect((await reader.inspect.attempts(claims[1]!.job.id))[0]?.error).toBe("try again");
    expect(reader.clock).toBe(clock);
    await reader.close();
  });

  it("follows the log by its poll, and needs no refresh for it", async () => {
    const { queue, reader, clock } = await openBoth();
    for (let count = 0; count < 5; count++) {
      await queue.enqueue("jobs", bytes(`${count}`));
      expect((await reader.inspect.stats("jobs")).pending).toBe(count);
      await clock.advance("1s");
      expect((await reader.inspect.stats("jobs")).pending).toBe(count + 1);
    }
    await reader.close();
  });

  it("polls at the interval that it is given", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { clock });
    const reader = await openReader(inner, { clock, pollInterval: "1m" });
    await queue.enqueue("jobs", bytes("a"));
    await clock.advance("59s");
    expect(await reader.inspect.listQueues()).toEqual([]);
    await clock.advance("1s");
    expect(await reader.inspect.listQueues()).toEqual(["jobs"]);
    await reader.close();
  });

  it("never writes to the store, and is not noticed by the owner", async () => {
    const { queue, reader, store, clock } = await openBoth({ heartbeat: "5s" });
    for (let count = 0; count < 10; count++) {
      await queue.enqueue("jobs", bytes("a"));
      await clock.advance("3s");
      await reader.liveness();
    }
    await queue.close();
    await reader.refresh();
    await reader.close();
    expect(store.writes).toEqual([]);
  });

  it("opens again and again beside its owner, which goes on", async () => {
    const { queue, inner } = await openBoth();
    for (let count = 1; count <= 3; count++) {
      await queue.enqueue("jobs", bytes("a"));
      await using reader = await openReader(new ReaderStore(inner));
      expect((await reader.inspect.stats("jobs")).pending).toBe(count);
    }
  });

  it("sees whole commits only, however large they are", async () => {
    const { queue, reader, clock } = await openBoth({
      segmentMaxBytes: 4_096,
      maxWritesInFlight: 1,
    });
    const commits = Array.from({ length: 20 }, (_, index) =>
      queue.commit({
        put: Object.fromEntries(
          Array.from({ length: 10 }, (_, part) => [`${part}`, bytes(`${index}`.padEnd(600))]),
        ),
      }),
    );
    const seen = new Set<string>();
    for (let looks = 0; looks < 40; looks++) {
      await new Promise((done) => setImmediate(done));
      await reader.refresh();
      const { items } = await reader.kv.scan("");
      const values = new Set(items.map(({ value }) => text(value)!.trim()));
      expect(values.size).toBeLessThanOrEqual(1);
      for (const value of values) seen.add(value);
    }
    await Promise.all(commits);
    await clock.advance("1s");
    expect(seen.size).toBeGreaterThan(1);
    expect(text(await reader.kv.get("9"))!.trim()).toBe("19");
    await reader.close();
  });

  it("shows nothing of a commit before it is stored", async () => {
    const { queue, reader, inner } = await openBoth();
    inner.holding = true;
    const enqueued = queue.enqueue("jobs", bytes("a"));
    const [write] = await inner.takeHeld();
    await reader.refresh();
    expect(await reader.inspect.listQueues()).toEqual([]);
    await write?.finish();
    await enqueued;
    await reader.refresh();
    expect(await reader.inspect.listQueues()).toEqual(["jobs"]);
    await reader.close();
  });

  it("shows scheduled jobs as pending when they fall due by its own clock", async () => {
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner); // whose clock stands still
    await queue.enqueue("jobs", bytes("later"), { delay: "1h" });
    const clock = new MockClock();
    const reader = await openReader(inner, { clock });
    expect(await reader.inspect.stats("jobs")).toMatchObject({ scheduled: 1, pending: 0 });
    await clock.advance("1h");
    expect(await reader.inspect.stats("jobs")).toMatchObject({ scheduled: 0, pending: 1 });
    // And what its owner does with it afterwards fits.
    const job = (await reader.inspect.listJobs("jobs", "pending")).items[0]!;
    await queue.wake(job.id, bytes("up"));
    const [claim] = await queue.claim("jobs");
    await turn();
    await reader.refresh();
    expect(await reader.inspect.stats("jobs")).toMatchObject({ claimed: 1, pending: 0 });
    await queue.ack(claim!);
    await reader.refresh();
    expect(await reader.inspect.stats("jobs")).toMatchObject({ claimed: 0, done: 1 });
    await reader.close();
  });

  it("shows the claims of an owner that is gone as the log has them, until they are given back", async () => {
    const { queue, reader, inner } = await openBoth();
    await queue.enqueue("jobs", bytes("a"));
    await queue.claim("jobs");
    await turn();
    await reader.refresh();
    expect(await reader.inspect.stats("jobs")).toMatchObject({ claimed: 1 });
    await openQueue(inner);
    await turn();
    await reader.refresh();
    expect(await reader.inspect.stats("jobs")).toMatchObject({ claimed: 0, pending: 1 });
    await reader.close();
  });

  it("goes through pages whose cursors stay good while the fold goes on", async () => {
    const { queue, reader, clock } = await openBoth();
    for (const name of "abcdef") await queue.enqueue("jobs", bytes(name));
    await reader.refresh();
    const first = await reader.inspect.listJobs("jobs", "pending", { limit: 2 });
    await queue.claim("jobs", { max: 3 });
    await turn();
    await clock.advance("1s");
    const second = await reader.inspect.listJobs("jobs", "pending", {
      limit: 10,
      after: first.next!,
    });
    expect([...payloads(first), ...payloads(second)]).toEqual(["a", "b", "d", "e", "f"]);
    await reader.close();
  });

  it("fetches payloads that are objects of their own", async () => {
    const { queue, reader, store } = await openBoth({ offloadAboveBytes: 1_024 });
    const large = "x".repeat(5_000);
    const { id } = await queue.enqueue("jobs", bytes(large));
    await reader.refresh();
    store.takeRequests();
    expect(text((await reader.inspect.getJob(id))?.payload)).toBe(large);
    expect(store.takeRequests()).toHaveLength(1);
    await reader.close();
  });

  it("leaves out a job whose payload went with it since the last poll", async () => {
    const { queue, reader } = await openBoth({ offloadAboveBytes: 1_024 });
    const { id } = await queue.enqueue("jobs", bytes("x".repeat(5_000)));
    await queue.enqueue("jobs", bytes("small"));
    await reader.refresh();
    const [claim] = await queue.claim("jobs");
    await queue.ack(claim!);
    await turn();
    expect(payloads(await reader.inspect.listJobs("jobs", "pending"))).toEqual(["small"]);
    expect(await reader.inspect.getJob(id)).toBeUndefined();
    await reader.close();
  });

  it("refuses a prefix that nobody has opened yet with a code of its own, and opens it afterwards", async () => {
    const inner = new MemoryObjectStore();
    await expect(openReader(inner)).rejects.toMatchObject({
      code: "WF_STORE_NOT_INITIALIZED",
      retry: "safe",
      message: expect.stringContaining(PREFIX),
    });
    await openQueue(inner);
    await using reader = await openReader(inner);
    expect(await reader.inspect.listQueues()).toEqual([]);
  });

  it("takes a first owner that comes while it looks for no damage", async () => {
    const inner = new MemoryObjectStore();
    const store = new ReaderStore(inner);
    let looks = 0;
    store.before = async (request) => {
      if (request.includes("/epochs/") && ++looks === 1) {
        store.before = async () => {
          store.before = async () => {};
          await openQueue(inner);
        };
      }
    };
    await using reader = await openReader(store);
    expect(await reader.inspect.listQueues()).toEqual([]);
  });

  it("refuses bad options by their own codes", async () => {
    const inner = new MemoryObjectStore();
    await openQueue(inner);
    for (const bad of [{ clock: {} }, { random: 7 }, { logger: null }, { poll: 1 }]) {
      await expect(openReader(inner, bad as never)).rejects.toMatchObject({
        code: "WF_INVALID_ARGUMENT",
      });
    }
    for (const pollInterval of [0, 9, "2d"] as const) {
      await expect(openReader(inner, { pollInterval })).rejects.toMatchObject({
        code: "WF_INVALID_DURATION",
      });
    }
    await expect(openReader(inner, { prefix: "../x" })).rejects.toMatchObject({
      code: "WF_INVALID_KEY",
    });
    await using reader = await openReader(inner);
    await expect(reader.kv.get("")).rejects.toMatchObject({ code: "WF_INVALID_KEY" });
    await expect(reader.inspect.listJobs("jobs", "pending", { limit: 0 })).rejects.toMatchObject({
      code: "WF_INVALID_ARGUMENT",
    });
  });
});

describe("closing a reader", () => {
  it("ends its requests and refuses every call with WF_CLOSED", async () => {
    const { reader, store, clock } = await openBoth();
    const waiting = reader.refresh();
    await Promise.all([
      reader.close(),
      expect(waiting).rejects.toMatchObject({ code: "WF_CLOSED" }),
    ]);
    store.takeRequests();
    await clock.advance("1h");
    expect(store.takeRequests()).toEqual([]);
    expect(clock.pendingSleepers).toBe(0);
    const closed = { code: "WF_CLOSED" };
    await expect(reader.kv.get("key")).rejects.toMatchObject(closed);
    await expect(reader.kv.scan("")).rejects.toMatchObject(closed);
    await expect(reader.inspect.stats("jobs")).rejects.toMatchObject(closed);
    await expect(reader.inspect.getJob("id")).rejects.toMatchObject(closed);
    await expect(reader.refresh()).rejects.toMatchObject(closed);
    await expect(reader.liveness()).rejects.toMatchObject(closed);
    await reader.close();
  });

  it("ends what it is waiting for between tries", async () => {
    const { reader, store, clock } = await openBoth();
    store.isDown = true;
    await clock.advance("1m");
    await reader.close();
    store.takeRequests();
    await clock.advance("1h");
    expect(store.takeRequests()).toEqual([]);
  });
});

describe("the requests of a reader", () => {
  it("are one a poll while nothing happens, most of them for the next slot alone", async () => {
    const { queue, reader, store, clock } = await openBoth();
    await queue.enqueue("jobs", bytes("a"));
    await clock.advance("20s");
    store.takeRequests();
    await clock.advance("100s");
    const requests = store.takeRequests();
    expect(requests).toHaveLength(100);
    const lists = requests.filter((request) => request.startsWith("list"));
    expect(lists).toHaveLength(10);
    expect(new Set(requests).size).toBe(2);
    await reader.close();
  });

  it("are one a poll as well for a queue that is closed, and for one whose owner never wrote", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { clock });
    const store = new ReaderStore(inner);
    const reader = await openReader(store, { clock });
    store.takeRequests();
    await clock.advance("10s");
    expect(store.takeRequests()).toHaveLength(10);
    await queue.close();
    await clock.advance("20s");
    store.takeRequests();
    await clock.advance("10s");
    expect(store.takeRequests()).toHaveLength(10);
    await reader.close();
  });

  it("are few more than the segments while it catches up", async () => {
    const { queue, reader, store, clock } = await openBoth();
    for (let count = 0; count < 100; count++) await queue.enqueue("jobs", bytes("a"));
    store.takeRequests();
    await clock.advance("1s");
    expect((await reader.inspect.stats("jobs")).pending).toBe(100);
    expect(store.takeRequests().length).toBeLessThan(120);
    await reader.close();
  });

  it("are shared by those who ask for a refresh at the same time", async () => {
    const { reader, store } = await openBoth();
    store.takeRequests();
    await Promise.all(Array.from({ length: 50 }, () => reader.refresh()));
    expect(store.takeRequests()).toHaveLength(1);
    await reader.close();
  });

  it("are none for reads", async () => {
    const { queue, reader, store } = await openBoth();
    const { id } = await queue.enqueue("jobs", bytes("a"), { kv: { key: bytes("a") } });
    await reader.refresh();
    store.takeRequests();
    await reader.inspect.getJob(id);
    await reader.inspect.stats("jobs");
    await reader.kv.scan("");
    expect(store.takeRequests()).toEqual([]);
    await reader.close();
  });
});
