import { FencedError, type WfError } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, PREFIX, pending } from "../../test-support/fixtures.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";
import { logPrefix, parseSlotKey } from "../layout/keys.ts";
import { encodeSeal } from "../layout/segment.ts";

describe("two owners", () => {
  it("the first stops with FencedError and what it acknowledged is kept", async () => {
    const store = new MemoryObjectStore();
    const first = await openQueue(store);
    await first.enqueue("jobs", bytes("kept"));
    const second = await openQueue(store);
    await expect(first.enqueue("jobs", bytes("refused"))).rejects.toBeInstanceOf(FencedError);
    expect(await pending(second, "jobs")).toEqual(["kept"]);
    const third = await openQueue(store);
    expect(await pending(third, "jobs")).toEqual(["kept"]);
  });

  it("the first refuses everything from then on, reads included, and its claims are lost", async () => {
    const store = new MemoryObjectStore();
    const first = await openQueue(store);
    await first.enqueueMany(["a", "b"].map((name) => ({ queue: "jobs", payload: bytes(name) })));
    const [claim, unsettled] = await first.claim("jobs", { max: 2 });
    await turn(); // the claims themselves are written
    const waiting = first.claim("other", { wait: "1h" });
    await openQueue(store);
    await Promise.all([
      expect(first.ack(claim!)).rejects.toBeInstanceOf(FencedError),
      expect(waiting).rejects.toBeInstanceOf(FencedError),
    ]);
    expect(unsettled?.abortSignal.reason).toBeInstanceOf(FencedError);
    await expect(first.kv.get("key")).rejects.toBeInstanceOf(FencedError);
    await expect(first.inspect.stats("jobs")).rejects.toBeInstanceOf(FencedError);
  });

  it("a write in flight at the takeover counts or fails, and the two owners agree on which", async () => {
    for (const landsFirst of [true, false]) {
      const store = new SteeredObjectStore();
      const first = await openQueue(store);
      store.holding = true;
      const outcome = first.enqueue("jobs", bytes("a")).then(
        () => "acknowledged",
        (error) => (error as WfError).code,
      );
      const [write] = await store.takeHeld();
      store.holding = false;
      if (landsFirst) await write?.finish();
      const second = await openQueue(store);
      if (!landsFirst) await write?.finish();
      expect([await outcome, await pending(second, "jobs")]).toEqual(
        landsFirst ? ["acknowledged", ["a"]] : ["WF_FENCED", []],
      );
    }
  });

  it("a later write that lands before an earlier one is not acknowledged and not replayed", async () => {
    const store = new SteeredObjectStore();
    const first = await openQueue(store, { segmentMaxBytes: 4_096 });
    store.holding = true;
    const outcomes = ["a", "b"].map((name) =>
      first.enqueue(name, new Uint8Array(4_096)).catch((error: WfError) => error.code),
    );
    await turn();
    const [a, b] = await store.takeHeld();
    await b?.finish();
    store.holding = false;
    const second = await openQueue(store);
    await a?.finish();
    expect(await Promise.all(outcomes)).toEqual(["WF_FENCED", "WF_FENCED"]);
    expect(await second.inspect.listQueues()).toEqual([]);
    const third = await openQueue(store);
    expect(await third.inspect.listQueues()).toEqual([]);
  });

  it("the first may say so of what the second has taken over and collected, and no more after that", async () => {
    const clock = new MockClock();
    const store = new SteeredObjectStore();
    const first = await openQueue(store, { clock });
    store.holding = true;
    const outcome = first.enqueue("jobs", bytes("kept"));
    const [write] = await store.takeHeld();
    store.holding = false;
    await write?.loseAnswer(); // and before it is tried again
    const second = await openQueue(store.inner);
    const get = store.get.bind(store);
    store.get = async (key, options) => {
      store.get = get;
      await store.inner.delete(key); // between the create that finds it and the look at what it is
      return get(key, options);
    };
    await clock.advance("10s");
    expect((await outcome).isNew).toBe(true);
    await expect(first.enqueue("jobs", bytes("refused"))).rejects.toBeInstanceOf(FencedError);
    expect(await pending(second, "jobs")).toEqual(["kept"]);
  });

  it("an opener takes no seal for an end that another put where a segment was collected", async () => {
    const store = new MemoryObjectStore();
    const first = await openQueue(store, { snapshotAfterBytes: 1 });
    const work = async (jobs: number) => {
      for (let left = jobs; left > 0; left--) {
        await first.enqueue("jobs", bytes(`${left}`));
        await turn();
      }
    };
    await work(3);
    const slow = new SteeredObjectStore(store);
    const list = slow.list.bind(slow);
    slow.list = async function* (prefix, options) {
      if (prefix === logPrefix(PREFIX)) {
        slow.list = list;
        await work(1); // to be read behind the snapshot that it has begun with
      }
      yield* list(prefix, options);
    };
    const get = slow.get.bind(slow);
    let sealed: string | undefined;
    slow.get = async (key, options) => {
      const position = parseSlotKey(PREFIX, key);
      if (sealed === undefined && position !== undefined && key.startsWith(logPrefix(PREFIX))) {
        sealed = key;
        await work(4);
        expect(await store.get(key), "it is collected").toBeUndefined();
        await store.put(key, encodeSeal(position, 3, position.slot));
      }
      return get(key, options);
    };
    const second = await openQueue(slow);
    expect(sealed).toBeDefined();
    await expect(first.enqueue("jobs", bytes("refused"))).rejects.toBeInstanceOf(FencedError);
    expect(await pending(second, "jobs")).toHaveLength(8);
  });

  it("an owner that never stops writing is taken over, and nothing it acknowledged is lost", async () => {
    const store = new MemoryObjectStore();
    const first = await openQueue(store);
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await first.enqueue("jobs", bytes("x"));
        acknowledged++;
      }
    })();
    while (acknowledged < 10) await turn();
    const second = await openQueue(store);
    await expect(writing).rejects.toBeInstanceOf(FencedError);
    expect((await second.inspect.stats("jobs")).pending).toBe(acknowledged);
  });

  it("of several openers at once one is left, with everything that was acknowledged", async () => {
    const store = new MemoryObjectStore();
    const before = await openQueue(store);
    await before.enqueue("jobs", bytes("kept"));
    const owners = await Promise.all(Array.from({ length: 8 }, () => openQueue(store)));
    const results = await Promise.allSettled(
      owners.map((owner, index) => owner.enqueue("jobs", bytes(`${index}`))),
    );
    const winners = results.filter((result) => result.status === "fulfilled");
    expect(winners).toHaveLength(1);
    const after = await openQueue(store);
    expect((await after.inspect.stats("jobs")).pending).toBe(2);
  });

  it("an opener that stops before it has sealed leaves a queue that opens", async () => {
    const store = new SteeredObjectStore();
    const first = await openQueue(store);
    await first.enqueue("jobs", bytes("a"));
    store.holding = true;
    openQueue(store).catch(() => {});
    const [epochWrite] = await store.takeHeld();
    await epochWrite?.finish(); // and its seal never lands
    store.holding = false;
    const third = await openQueue(store);
    expect(await pending(third, "jobs")).toEqual(["a"]);
    await expect(first.enqueue("jobs", bytes("b"))).rejects.toBeInstanceOf(FencedError);
  });
});

describe("closing", () => {
  it("seals the epoch, so that a lost tail can be told from a clean end", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store);
    await queue.enqueue("jobs", bytes("a"));
    await queue.close();
    expect(await keysOf(store, `${PREFIX}/log/`)).toHaveLength(2);
    await store.delete(`${PREFIX}/log/${"1".padStart(20, "0")}/${"0".padStart(20, "0")}`);
    await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT" });
  });

  it("writes what is under way first", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store);
    const enqueued = queue.enqueue("jobs", bytes("a"));
    await Promise.all([queue.close(), enqueued]);
    expect(await pending(await openQueue(store), "jobs")).toEqual(["a"]);
  });

  it("refuses every call afterwards with WF_CLOSED, and ends the waits", async () => {
    const queue = await openQueue(new MemoryObjectStore());
    const waiting = queue.claim("jobs", { wait: "1h" });
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: "WF_CLOSED" }),
      queue.close(),
    ]);
    await expect(queue.enqueue("jobs", bytes("a"))).rejects.toMatchObject({ code: "WF_CLOSED" });
    await expect(queue.claim("jobs")).rejects.toMatchObject({ code: "WF_CLOSED" });
    await expect(queue.kv.get("key")).rejects.toMatchObject({ code: "WF_CLOSED" });
    await queue.close();
  });

  it("is no failure for an owner that was taken over", async () => {
    const store = new MemoryObjectStore();
    const first = await openQueue(store);
    await openQueue(store);
    await first.close();
  });

  it("happens at the end of an `await using` block", async () => {
    const store = new MemoryObjectStore();
    {
      await using queue = await openQueue(store);
      await queue.enqueue("jobs", bytes("a"));
    }
    expect(await keysOf(store, `${PREFIX}/log/`)).toHaveLength(2);
  });
});
