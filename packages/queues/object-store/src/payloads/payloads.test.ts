import { FencedError } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { keysOf, openQueue, PREFIX } from "../../test-support/fixtures.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";

const SMALL = { offloadAboveBytes: 1_024 };
const LARGE = new Uint8Array(2_000).fill(7);

const payloadsOf = (store: MemoryObjectStore) => keysOf(store, `${PREFIX}/payloads/`);

describe("a payload above the threshold", () => {
  it("is an object of its own, and one at the threshold is not", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, SMALL);
    await queue.enqueue("jobs", new Uint8Array(1_024));
    expect(await payloadsOf(store)).toHaveLength(0);
    await queue.enqueue("jobs", new Uint8Array(1_025));
    expect(await payloadsOf(store)).toHaveLength(1);
  });

  it("comes back whole with claims, reads and listings, also after an opening", async () => {
    const store = new MemoryObjectStore();
    const first = await openQueue(store, { ...SMALL, snapshotAfterBytes: 1 });
    const { id } = await first.enqueue("jobs", LARGE, { maxAttempts: 1 });
    await turn();
    const queue = await openQueue(store, SMALL);
    expect((await queue.inspect.getJob(id))?.payload).toEqual(LARGE);
    const [claim] = await queue.claim("jobs");
    expect(claim?.job.payload).toEqual(LARGE);
    await queue.deadLetter(claim!, "no");
    expect((await queue.inspect.listJobs("jobs", "dead")).items[0]?.payload).toEqual(LARGE);
    const outcome = await queue.waitForCompletion(id);
    expect(outcome).toMatchObject({ status: "completed", job: { payload: LARGE } });
  });

  it("is written before the commit that refers to it", async () => {
    const store = new SteeredObjectStore();
    const queue = await openQueue(store, SMALL);
    store.holding = true;
    const enqueued = queue.enqueue("jobs", LARGE);
    const [payload] = await store.takeHeld();
    expect(payload?.key).toContain("/payloads/");
    expect(store.held).toHaveLength(0);
    await payload?.finish();
    const [segment] = await store.takeHeld();
    expect(segment?.key).toContain("/log/");
    await segment?.finish();
    await enqueued;
  });

  it("goes when its job goes, by acknowledgement, cancel and retention, and not before", async () => {
    const store = new MemoryObjectStore();
    const clock = new MockClock();
    const queues = { kept: { doneRetention: "1h" }, jobs: { deadRetention: "1h" } } as const;
    const queue = await openQueue(store, { ...SMALL, clock, queues });
    const { id: cancelled } = await queue.enqueue("jobs", LARGE, { delay: "1d" });
    for (const name of ["other", "kept", "jobs"]) await queue.enqueue(name, LARGE);
    const claimed = await Promise.all(["other", "kept", "jobs"].map((name) => queue.claim(name)));
    const [other, kept, dead] = claimed.map(([claim]) => claim!);
    expect(await payloadsOf(store)).toHaveLength(4);
    await queue.ack(other!);
    expect(await payloadsOf(store)).toHaveLength(3);
    await queue.ack(kept!);
    await queue.deadLetter(dead!, "no");
    expect(await payloadsOf(store)).toHaveLength(3);
    await queue.cancel(cancelled);
    expect(await payloadsOf(store)).toHaveLength(2);
    await clock.advance("2h");
    expect(await payloadsOf(store)).toHaveLength(0);
  });

  it("is not left behind by a commit that is refused, or whose dedup key is held", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, SMALL);
    await queue.enqueue("jobs", LARGE, { dedupKey: "once", id: "taken" });
    await queue.enqueue("jobs", LARGE, { dedupKey: "once" });
    const refused = [
      queue.enqueue("jobs", LARGE, { id: "taken" }),
      queue.commit({
        expect: { absent: new Uint8Array() },
        enqueue: [{ queue: "jobs", payload: LARGE }],
      }),
    ];
    for (const call of refused) await expect(call).rejects.toMatchObject({ retry: "never" });
    expect(await payloadsOf(store)).toHaveLength(1);
  });

  it("that a crash left without a job is collected at the next opening", async () => {
    const store = new SteeredObjectStore();
    const first = await openQueue(store, SMALL);
    await first.enqueue("jobs", LARGE);
    store.holding = true;
    const lost = first.enqueue("jobs", LARGE).catch((error) => error);
    const [payload] = await store.takeHeld();
    await payload?.finish();
    const [segment] = await store.takeHeld(); // and it never lands in time
    store.holding = false;
    const inner = store.inner as MemoryObjectStore;
    expect(await payloadsOf(inner)).toHaveLength(2);
    const second = await openQueue(store, SMALL);
    await turn();
    expect(await payloadsOf(inner)).toHaveLength(1);
    expect((await second.claim("jobs"))[0]?.job.payload).toEqual(LARGE);
    await segment?.finish();
    expect(await lost).toBeInstanceOf(FencedError);
  });

  it("that is missing or damaged makes its job dead, and the queue goes on", async () => {
    for (const damage of ["missing", "damaged"] as const) {
      const store = new MemoryObjectStore();
      const queue = await openQueue(store, SMALL);
      const onDead = { put: { died: new Uint8Array([1]) } };
      const { id } = await queue.enqueue("jobs", LARGE, { onDead });
      await queue.enqueue("jobs", new Uint8Array([2]));
      const [key] = await payloadsOf(store);
      if (damage === "missing") await store.delete(key!);
      else await store.put(key!, new Uint8Array(2_009));
      const [claim] = await queue.claim("jobs");
      expect(claim?.job.payload, "the broken job is passed over").toEqual(new Uint8Array([2]));
      const code = damage === "missing" ? "WF_PAYLOAD_MISSING" : "WF_DATA_CORRUPT";
      await expect(queue.inspect.getJob(id)).rejects.toMatchObject({ code, key });
      expect(await queue.kv.get("died")).toEqual(new Uint8Array([1]));
    }
  });

  it("that is missing is left to the next delivery where the lease ends before its job is dead", async () => {
    const store = new SteeredObjectStore();
    const clock = new MockClock();
    const queue = await openQueue(store, { ...SMALL, clock });
    const onDead = { enqueue: [{ queue: "other", payload: LARGE }] };
    const { id } = await queue.enqueue("jobs", LARGE, { onDead, maxAttempts: 2 });
    await store.delete((await keysOf(store, `${PREFIX}/payloads/`))[0] as string);
    store.holding = true;
    const claiming = queue.claim("jobs", { lease: "1s", wait: "1h" });
    // That of the claim, and the payload of what is enqueued by the death.
    const held = await store.takeHeld();
    expect(held).toHaveLength(2);
    await clock.advance("1s");
    store.holding = false;
    for (const put of [...held, ...store.held]) await put.finish();
    await queue.enqueue("jobs", new Uint8Array([2]));
    const [other] = await claiming;
    expect(other?.job.payload).toEqual(new Uint8Array([2]));
    await queue.ack(other!);
    await clock.advance("1h");
    expect(await queue.claim("jobs")).toEqual([]);
    const attempts = await queue.inspect.attempts(id);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["lease_expired", "dead_lettered"]);
  });

  it("is not given to another job when two of them are swapped in the store", async () => {
    const store = new MemoryObjectStore();
    const queue = await openQueue(store, SMALL);
    for (const id of ["one", "two"]) await queue.enqueue("jobs", LARGE, { id });
    const [first, second] = await payloadsOf(store);
    const swapped = await Promise.all([store.get(second!), store.get(first!)]);
    await store.put(first!, swapped[0]!);
    await store.put(second!, swapped[1]!);
    for (const [id, key] of Object.entries({ one: first, two: second })) {
      await expect(queue.inspect.getJob(id)).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key,
      });
    }
  });

  it("is waited for while the store is down", async () => {
    const store = new SteeredObjectStore();
    const clock = new MockClock();
    const queue = await openQueue(store, { ...SMALL, clock });
    await queue.enqueue("jobs", LARGE);
    const get = store.get.bind(store);
    store.get = () => Promise.reject(new Error("the store is down"));
    const claiming = queue.claim("jobs");
    await clock.advance("10s");
    store.get = get;
    await clock.advance("10s");
    expect((await claiming)[0]?.job.payload).toEqual(LARGE);
  });

  it("that a later owner has collected does not hide from the one before that it is fenced", async () => {
    const store = new SteeredObjectStore();
    const clock = new MockClock();
    const queue = await openQueue(store, { ...SMALL, clock });
    store.holding = true;
    const lost = queue.enqueue("jobs", LARGE).catch((error) => error);
    const [payload] = await store.takeHeld();
    store.holding = false;
    await payload?.loseAnswer();
    const get = store.get.bind(store);
    store.get = async (key, options) => {
      store.get = get;
      await openQueue(store.inner, SMALL);
      await turn();
      return get(key, options);
    };
    await clock.advance("10s");
    expect(await lost).toBeInstanceOf(FencedError);
  });

  it("is waited for also for a job that is asked to stop meanwhile", async () => {
    const store = new SteeredObjectStore();
    const clock = new MockClock();
    const queue = await openQueue(store, { ...SMALL, clock });
    const { id } = await queue.enqueue("jobs", LARGE);
    const get = store.get.bind(store);
    store.get = () => Promise.reject(new Error("the store is down"));
    const claiming = queue.claim("jobs");
    await clock.advance("1s");
    expect(await queue.cancel(id)).toBe("requested");
    await clock.advance("10s");
    expect((await queue.inspect.stats("jobs")).dead).toBe(0);
    store.get = get;
    await clock.advance("10s");
    const [claim] = await claiming;
    expect(claim?.job.payload).toEqual(LARGE);
    expect(claim?.abortSignal.reason).toMatchObject({ code: "WF_CANCEL_REQUESTED" });
  });
});
