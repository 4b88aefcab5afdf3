import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { ObjectStore } from "@wf/core";
import { FileSystemObjectStore } from "@wf/store-fs";
import {
  MemoryObjectStore,
  MockClock,
  type OpenedQueue,
  type QueueSubject,
  queueConformance,
  seededRandom,
} from "@wf/testing";
import { describe, it } from "vitest";
import { BusyObjectStore } from "../test-support/busy-object-store.ts";
import { ReorderingObjectStore } from "../test-support/reordering-object-store.ts";
import { ObjectStoreQueue, type ObjectStoreQueueOptions } from "./index.ts";

type OpenOptions = Parameters<QueueSubject["open"]>[0];

let seed = 0;

/** A queue on virtual time over a store whose answers may take real time. */
async function openOn(
  inner: ObjectStore,
  options: OpenOptions,
  settings: Partial<ObjectStoreQueueOptions> = {},
): Promise<Required<OpenedQueue>> {
  const store = new BusyObjectStore(inner);
  const clock = new MockClock(undefined, { settleTurns: 64 });
  const open = () =>
    ObjectStoreQueue.open(store, {
      prefix: "queue",
      clock,
      random: seededRandom(++seed),
      queues: options.queues,
      ...settings,
    });
  let queue = await open();
  return {
    queue,
    async advance(duration) {
      await store.idle();
      await clock.advance(duration);
      await store.idle();
      await turn();
    },
    async reopen() {
      queue = await open();
      return queue;
    },
    close: () => queue.close(),
  };
}

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on MemoryObjectStore",
    open: (options) => openOn(new MemoryObjectStore(), options),
  },
);

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue with small segments and a snapshot after each",
    open: (options) =>
      openOn(new MemoryObjectStore(), options, { snapshotAfterBytes: 1, segmentMaxBytes: 4_096 }),
  },
);

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on a store that delays and reorders",
    open(options) {
      const store = new ReorderingObjectStore(new MemoryObjectStore(), seededRandom(++seed));
      return openOn(store, options, { segmentMaxBytes: 4_096, snapshotAfterBytes: 100_000 });
    },
  },
);

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on FileSystemObjectStore",
    async open(options) {
      const root = await mkdtemp(join(tmpdir(), "wf-queue-"));
      const opened = await openOn(new FileSystemObjectStore({ root }), options);
      const close = async () => {
        await opened.close();
        await rm(root, { recursive: true });
      };
      return { ...opened, close };
    },
  },
);
