import { MemoryObjectStore } from "@wf/testing";
import { expect, it } from "vitest";
import { ObjectStoreQueue } from "../object-store-queue.ts";

it("a dedup key is its queue's own, whatever characters both are made of", async () => {
  await using queue = await ObjectStoreQueue.open(new MemoryObjectStore(), { prefix: "q" });
  const payload = new Uint8Array();
  const [first, second, again] = await queue.enqueueMany([
    { queue: "a\0b", dedupKey: "c", payload },
    { queue: "a", dedupKey: "b\0c", payload },
    { queue: "a", dedupKey: "b\0c", payload },
  ]);
  expect([first?.isNew, second?.isNew, again?.isNew]).toEqual([true, true, false]);
});
