import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, openQueue, openReader, PREFIX } from "../../test-support/fixtures.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { SteeredObjectStore } from "../../test-support/steered-object-store.ts";

/** An owner and a reader of one store, on one clock. */
async function openBoth(options: Parameters<typeof openQueue>[1] = {}) {
  const clock = new MockClock();
  const inner = new SteeredObjectStore();
  const queue = await openQueue(inner, { clock, ...options });
  const store = new ReaderStore(inner);
  const reader = await openReader(store, { clock });
  return { clock, inner, queue, store, reader };
}

describe("how far a reader is behind", () => {
  it("is told by its position and by when it last had everything", async () => {
    const { queue, reader, clock } = await openBoth();
    expect(reader.lag()).toMatchObject({ position: { epoch: 1, slot: 0 }, behindMs: 0 });
    await queue.enqueue("jobs", bytes("a"));
    await clock.advance(400);
    expect(reader.lag()).toMatchObject({ behindMs: 400, checkedAt: clock.now() - 400 });
    await reader.refresh();
    expect(reader.lag()).toEqual({
      position: { epoch: 1, slot: 1 },
      checkedAt: clock.now(),
      behindMs: 0,
      failure: undefined,
    });
    for (let seconds = 0; seconds < 60; seconds++) {
      await clock.advance("1s");
      expect(reader.lag().behindMs).toBeLessThanOrEqual(11_000);
    }
    await queue.close();
    await reader.refresh();
    expect(reader.lag().position).toEqual({ epoch: 2, slot: 0 });
    await reader.close();
  });

  it("grows while the store is down, and reads go on with what there is", async () => {
    const { queue, reader, store, clock } = await openBoth();
    await queue.enqueue("jobs", bytes("a"));
    await reader.refresh();
    store.isDown = true;
    const downSince = clock.now();
    await queue.enqueue("jobs", bytes("b"));
    await clock.advance("10m");
    expect((await reader.inspect.stats("jobs")).pending).toBe(1);
    const { behindMs, failure } = reader.lag();
    expect(behindMs).toBe(600_000);
    expect(failure).toMatchObject({ error: { code: "WF_STORE_UNAVAILABLE" } });
    expect(failure!.since).toBe(downSince + 1_000);
    // Fewer and fewer tries, and not none.
    expect(failure!.tries).toBeGreaterThan(8);
    expect(failure!.tries).toBeLessThan(60);
    await expect(reader.refresh()).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
    store.isDown = false;
    await clock.advance("2m");
    expect((await reader.inspect.stats("jobs")).pending).toBe(2);
    expect(reader.lag().failure).toBeUndefined();
    expect(reader.lag().behindMs).toBeLessThanOrEqual(11_000);
    await reader.close();
  });

  it("is logged once a failed try, as a warning", async () => {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    await openQueue(inner);
    const store = new ReaderStore(inner);
    const warnings: object[] = [];
    const ignore = () => {};
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (details: object) => warnings.push(details),
    };
    const reader = await openReader(store, { clock, logger });
    store.isDown = true;
    await clock.advance("5m");
    expect(warnings).toHaveLength(reader.lag().failure!.tries);
    expect(warnings[0]).toMatchObject({ prefix: PREFIX, tries: 1 });
    await reader.close();
  });
});
