import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, copyOf, keysOf, openQueue, PREFIX, text } from "../../test-support/fixtures.ts";
import { DepartingQueue, readDeparture } from "./departing-queue.ts";
import type { ExportedJob } from "./exported-job.ts";

const MOVED = { state: "moved", id: "move-1", target: "t", to: "another place" } as const;
const DAY_MS = 86_400_000;

async function jobsOf(queue: DepartingQueue): Promise<ExportedJob[]> {
  const jobs: ExportedJob[] = [];
  for await (const job of queue.jobs()) jobs.push(job);
  return jobs;
}

describe("A departing queue", () => {
  it("is opened by nobody else while it says that it goes, and again once it stays", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore({ clock });
    const owner = await openQueue(store, { clock });
    const { id } = await owner.enqueue("jobs", bytes("job"));
    const departing = await DepartingQueue.open(store, { prefix: PREFIX, clock });
    expect(departing.departure).toBeUndefined();
    await departing.mark(MOVED);
    await expect(owner.enqueue("jobs", bytes("more"))).rejects.toMatchObject({ code: "WF_FENCED" });
    for (const _ of [1, 2]) {
      await expect(openQueue(store, { clock })).rejects.toMatchObject({
        code: "WF_QUEUE_MOVED",
        message: expect.stringContaining("another place"),
      });
    }
    await expect(departing.mark(undefined)).rejects.toMatchObject({ code: "WF_FENCED" });
    expect(await readDeparture(store, { prefix: PREFIX, clock })).toEqual(MOVED);
    const again = await DepartingQueue.open(store, { prefix: PREFIX, clock });
    expect(again.departure).toEqual(MOVED);
    await again.mark(undefined);
    await again.close();
    const back = await openQueue(store, { clock });
    expect((await back.claim("jobs"))[0]?.job.id).toBe(id);
  });

  it("keeps its mark to itself, where it gives the entries of others", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore({ clock });
    const owner = await openQueue(store, { clock });
    await owner.kv.put("key", bytes("value"));
    await owner.close();
    const departing = await DepartingQueue.open(store, { prefix: PREFIX, clock });
    await departing.mark(MOVED);
    expect([...departing.entries()].map(({ key, value }) => [key, text(value)])).toEqual([
      ["key", "value"],
    ]);
  });

  it("gives every job with all that is stored of it, and changes nothing by itself", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore({ clock });
    const queues = { kept: { deadRetention: "forever" } } as const;
    const owner = await openQueue(store, { clock, queues });
    const onDead = { put: { died: bytes("yes") } };
    const backoff = { base: 1, cap: 2, jitter: "none" } as const;
    await owner.enqueue("kept", bytes("dead"));
    await owner.deadLetter((await owner.claim("kept"))[0]!, "over");
    const large = new Uint8Array(70_000).fill(1);
    await owner.enqueue("jobs", large, { id: "cut-off", onDead, backoff });
    await owner.enqueue("jobs", bytes("last"), { id: "dying", maxAttempts: 1, onDead });
    await owner.claim("jobs", { max: 2 });
    await owner.enqueue("jobs", bytes("due"), { id: "due", delay: "1d" });
    // As a kill leaves it: nobody takes back what was claimed.
    const killed = await copyOf(store, (_, body) => body);
    // Long after what an owner that knows nothing of the settings would have kept.
    await clock.advance(30 * DAY_MS);
    const now = clock.now();
    const departing = await DepartingQueue.open(killed, { prefix: PREFIX, clock });
    const jobs = new Map((await jobsOf(departing)).map((job) => [job.id, job]));
    expect([...jobs.values()].map(({ state }) => state).sort()).toEqual([
      "claimed",
      "dead",
      "pending",
      "scheduled",
    ]);
    expect(jobs.get("due")).toMatchObject({ state: "scheduled" });
    expect(jobs.get("dying")).toMatchObject({ state: "claimed", attempts: 1, onDead });
    expect(jobs.get("cut-off")).toMatchObject({
      state: "pending",
      payload: large,
      attempts: 1,
      claimedAt: undefined,
      backoff: { baseMs: 1, capMs: 2, jitter: "none" },
      history: [{ attempt: 1, outcome: "interrupted", recordedAt: now }],
    });
    expect(departing.queues()).toEqual([
      { name: "jobs", done: 0 },
      { name: "kept", done: 0 },
    ]);
  });

  it("is not made where there is none", async () => {
    const store = new MemoryObjectStore();
    await expect(DepartingQueue.open(store, { prefix: PREFIX })).rejects.toMatchObject({
      code: "WF_STORE_NOT_INITIALIZED",
    });
    expect(await keysOf(store)).toEqual([]);
  });
});
