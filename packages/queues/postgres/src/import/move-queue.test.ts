import { runWorker } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, range, text } from "../../test-support/fixtures.ts";
import {
  fullQueue,
  LARGE,
  ODD,
  openSource,
  PREFIX,
  runtimeOn,
} from "../../test-support/move/full-queue.ts";
import { copyOf, Place } from "../../test-support/move/moving.ts";
import { portrait } from "../../test-support/move/portrait.ts";
import { sharedServer } from "../../test-support/shared-server.ts";

const server = await sharedServer();
const DAY_MS = 86_400_000;

describe.skipIf(server === undefined)("A moved queue", () => {
  it("is to every reader what the queue would have been where it was", async () => {
    const { store, clock } = await fullQueue();
    const stayed = await openSource(await copyOf(store, clock), clock);
    await using place = new Place(server!);
    const result = await place.move(store, clock);
    const { queue } = await place.open(clock);
    const before = await portrait(stayed);
    expect(await portrait(queue)).toEqual(before);
    const { kv } = before as { kv: unknown[] };
    expect(kv.length).toBeGreaterThan(10);
    expect(result).toEqual({
      copied: true,
      ...{ pending: 32, scheduled: 6, dying: 0, done: 2, dead: 2 },
      ...{ queues: 6, entries: kv.length },
    });
  });

  it("has every job done and every step of its runs taken once, in order, from where they were", async () => {
    const { store, clock, journal, undone } = await fullQueue();
    await using place = new Place(server!);
    await place.move(store, clock);
    const { queue, advance } = await place.open(clock);
    const stop = new AbortController();
    const done: string[] = [];
    const at = new Map<string, number>();
    const workers = ["jobs", "claimed", ODD].map((name) =>
      runWorker(
        queue,
        name,
        ({ job, abortSignal }) => {
          done.push(job.id);
          at.set(text(job.payload) as string, clock.now());
          if (abortSignal.aborted) at.set("told to stop", clock.now());
        },
        { signal: stop.signal, concurrency: 1 },
      ),
    );
    const startedAt = clock.now();
    const order = (await queue.inspect.listJobs("jobs", "pending", { limit: 100 })).items;
    const runtime = runtimeOn(queue, store, journal);
    const running = runtime.run({ signal: stop.signal });
    await advance(1_000);
    expect(done.filter((id) => order.some((job) => job.id === id))).toEqual(
      order.map(({ id }) => id),
    );
    expect(at.has("later")).toBe(false);
    await runtime.signal("key of signalled-1", bytes("after the move"));
    await advance(DAY_MS);
    stop.abort();
    await advance(1);
    await Promise.all([...workers, running]);
    expect([...done].sort()).toEqual([...undone].sort());
    // Due an hour after it was enqueued, of which a second had passed.
    expect((at.get("later") as number) - startedAt).toBeLessThanOrEqual(3_600_000);
    expect(at.has("told to stop")).toBe(true);
    expect(journal.sort()).toEqual([
      ...["delayed-1.0", "delayed-1.1", "delayed-1.2", "delayed-1.3"],
      ...["ended-1.0", "ended-1.1", "ended-1.2", "ended-1.3"],
      ...["rest-1.0", "rest-1.1", "rest-1.2", "rest-1.3"],
      ...["signalled-1.0", "signalled-1.1", "signalled-1.2(after the move)", "signalled-1.3"],
      ...["signalled-2.0", "signalled-2.1"],
      ...["signalled-3.0", "signalled-3.1", "signalled-3.2(before it waits)", "signalled-3.3"],
    ]);
    // Ended before the move, with an outcome that stayed in the bucket.
    expect(await runtime.outcome("ended-1")).toMatchObject({ status: "succeeded", result: LARGE });
    expect(await runtime.outcome("cancelling-1")).toMatchObject({ status: "cancelled" });
    expect((await runtime.status("signalled-2"))?.waitingFor).toBe("key of signalled-2");
  });

  it("holds dedup keys, and gives ids that sort after those it came with", async () => {
    const { store, clock, queue: source } = await fullQueue();
    const last = source.nextJobId();
    const held = (await source.inspect.listJobs("jobs", "scheduled")).items.find(
      ({ dedupKey }) => dedupKey === "later",
    );
    await using place = new Place(server!);
    await place.move(store, clock);
    const { queue } = await place.open(clock);
    expect(await queue.enqueue("jobs", bytes("x"), { dedupKey: "later" })).toEqual({
      id: held?.id,
      isNew: false,
    });
    await expect(queue.enqueue("jobs", bytes("x"), { id: "own_id-1" })).rejects.toMatchObject({
      code: "WF_DUPLICATE_JOB_ID",
    });
    expect((await queue.enqueue("jobs", bytes("x"), { dedupKey: "given up" })).isNew).toBe(true);
    expect(queue.nextJobId() > last).toBe(true);
  });

  it("lets a job die there that was cut off in its last attempt, with its effects", async () => {
    const clock = new MockClock(undefined, { settleTurns: 4 });
    const store = new MemoryObjectStore({ clock });
    const source = await openSource(store, clock);
    const onDead = {
      enqueue: [{ queue: "mourners", payload: bytes("gone"), delay: "1m", dedupKey: "one" }],
      put: { ["died\0"]: bytes("yes") },
    } as const;
    const { id } = await source.enqueue("jobs", bytes("job"), { maxAttempts: 1, onDead });
    await source.enqueue("jobs", bytes("with more"), { maxAttempts: 2, onDead });
    await source.claim("jobs", { max: 2 });
    await using place = new Place(server!);
    expect(await place.move(store, clock)).toMatchObject({ dying: 1, pending: 1 });
    const { queue, advance } = await place.open(clock);
    await advance(1);
    expect(await queue.inspect.getJob(id)).toMatchObject({ state: "dead", attempts: 1 });
    expect(text(await queue.kv.get("died\0"))).toBe("yes");
    const { items } = await queue.inspect.listJobs("mourners", "scheduled");
    expect(items).toMatchObject([{ payload: bytes("gone"), dedupKey: "one" }]);
  });

  it("has all of its jobs where they take many statements, and payloads of many sizes", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore({ clock });
    const source = await openSource(store, clock);
    const sizes = [0, 1, 1_000, 65_536, 65_537, 3_000_000];
    const payload = (n: number) => new Uint8Array(sizes[n % sizes.length] as number).fill(n);
    const jobs = range(60).map((n) => ({ queue: "jobs", payload: payload(n), id: `large-${n}` }));
    await source.enqueueMany(jobs);
    const small = range(5_000).map((n) => ({ queue: "small", payload: bytes(`${n}`) }));
    await source.enqueueMany(small);
    await using place = new Place(server!);
    expect(await place.move(store, clock)).toMatchObject({ pending: 5_060 });
    const { queue } = await place.open(clock);
    for (const { id, payload } of jobs) {
      const found = (await queue.inspect.getJob(id))?.payload as Uint8Array;
      expect(Buffer.compare(found, payload), id).toBe(0);
    }
    const claims = await queue.claim("small", { max: 10_000 });
    expect(claims.map(({ job }) => text(job.payload))).toEqual(range(5_000).map(String));
  });
});

describe.skipIf(server === undefined)("A queue whose payload is lost", () => {
  it("is not moved, says which job it is, and runs on where it was once the move is undone", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore({ clock });
    const source = await openSource(store, clock);
    const { id } = await source.enqueue("jobs", LARGE);
    await source.enqueue("jobs", bytes("small"));
    await source.close();
    for await (const { key } of store.list(`${PREFIX}/payloads/`)) await store.delete(key);
    await using place = new Place(server!);
    await expect(place.move(store, clock)).rejects.toMatchObject({
      code: "WF_PAYLOAD_MISSING",
      message: expect.stringContaining(id),
    });
    expect(await place.jobs()).toBe(0);
    await expect(openSource(store, clock)).rejects.toMatchObject({
      code: "WF_QUEUE_MOVED",
      message: expect.stringContaining("is being moved"),
    });
    await place.undo(store, clock);
    const again = await openSource(store, clock);
    expect(await again.cancel(id)).toBe("removed");
    await again.close();
    expect(await place.move(store, clock)).toMatchObject({ pending: 1 });
  });
});
