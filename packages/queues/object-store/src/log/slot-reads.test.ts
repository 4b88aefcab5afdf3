import { CountingObjectStore, MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { slotKey } from "../layout/keys.ts";
import { ObjectStoreQueue } from "../object-store-queue.ts";
import { SlotReads } from "./slot-reads.ts";

const PREFIX = "q";

async function storeOf(positions: readonly (readonly [epoch: number, slot: number])[]) {
  const store = new CountingObjectStore(new MemoryObjectStore());
  for (const [epoch, slot] of positions) {
    await store.put(slotKey(PREFIX, epoch, slot), Buffer.from(`${epoch}/${slot}`));
  }
  store.take();
  const listed = positions.map(([epoch, slot]) => ({ epoch, slot }));
  return { store, reads: new SlotReads(store, PREFIX, listed) };
}

async function text(read: Promise<Uint8Array | undefined>): Promise<string | undefined> {
  const bytes = await read;
  return bytes && Buffer.from(bytes).toString();
}

describe("SlotReads", () => {
  it("reads ahead over the ends of epochs, each slot once", async () => {
    const positions = Array.from({ length: 100 }, (_, epoch) => [epoch + 1, 0] as const);
    const { store, reads } = await storeOf(positions);
    expect(await text(reads.read({ epoch: 1, slot: 0 }))).toBe("1/0");
    expect(store.take().gets).toBe(16);
    for (let epoch = 2; epoch <= 100; epoch++) {
      expect(await text(reads.read({ epoch, slot: 0 }))).toBe(`${epoch}/0`);
    }
    expect(store.take().gets).toBe(84);
  });

  it("knows nothing of a slot that was not listed, and goes on behind it", async () => {
    const { reads } = await storeOf([
      [1, 0],
      [1, 2],
      [3, 0],
    ]);
    expect(await text(reads.read({ epoch: 1, slot: 0 }))).toBe("1/0");
    expect(await text(reads.read({ epoch: 1, slot: 1 }))).toBeUndefined();
    expect(await text(reads.read({ epoch: 2, slot: 0 }))).toBeUndefined();
    expect(await text(reads.read({ epoch: 3, slot: 0 }))).toBe("3/0");
    expect(await text(reads.read({ epoch: 4, slot: 0 }))).toBeUndefined();
  });
});

describe("a queue that is opened again and again and never written to", () => {
  it("opens with as many requests as ever, because seals make a snapshot due too", async () => {
    const store = new CountingObjectStore(new MemoryObjectStore());
    const open = () =>
      ObjectStoreQueue.open(store, { prefix: PREFIX, snapshotAfterBytes: 10 * 16_384 });
    let most = 0;
    for (let opening = 0; opening < 100; opening++) {
      store.take();
      const queue = await open();
      most = Math.max(most, store.take().requests);
      // Time for a snapshot, which is taken beside the work.
      await new Promise((resolve) => setImmediate(resolve));
      await queue.close();
    }
    expect(most).toBeLessThan(30);
  });
});
