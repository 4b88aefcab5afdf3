import { MemoryObjectStore } from "@wf/testing";
import { expect, it } from "vitest";
import { CountingObjectStore, requestsOf } from "./counting-object-store.ts";

it("counts each request by kind with its bytes, and starts anew when it is asked", async () => {
  const store = new CountingObjectStore(new MemoryObjectStore());
  await store.put("queue/log/1", new Uint8Array(10));
  await store.put("queue/snapshots/1/0", new Uint8Array(20));
  await store.put("queue/snapshots/1/whole", new Uint8Array(5));
  await store.get("queue/log/1");
  await store.get("missing");
  for await (const _ of store.list("")) break;
  await store.delete(["queue/log/1", "missing"]);
  const counts = store.take();
  expect(counts).toEqual({
    puts: 3,
    gets: 2,
    deletes: 1,
    lists: 1,
    bytesWritten: 35,
    bytesRead: 10,
    snapshots: 1,
    snapshotBytes: 25,
  });
  expect(requestsOf(counts)).toBe(7);
  expect(requestsOf(store.take())).toBe(0);
});
