import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { ObjectStore } from "@wf/core";
import { FileSystemObjectStore } from "@wf/store-fs";
import {
  MemoryObjectStore,
  MockClock,
  type OpenedWorkflowParts,
  seededRandom,
  workflowConformance,
} from "@wf/testing";
import { describe, it } from "vitest";
import { BusyObjectStore } from "../test-support/busy-object-store.ts";
import { ObjectStoreQueue } from "./index.ts";

let seed = 0;

/** A queue on virtual time over a store whose answers may take real time. */
async function openOn(inner: ObjectStore): Promise<Required<OpenedWorkflowParts>> {
  const objectStore = new BusyObjectStore(inner);
  const clock = new MockClock();
  const open = () =>
    ObjectStoreQueue.open(objectStore, { prefix: "queue", clock, random: seededRandom(++seed) });
  let queue = await open();
  return {
    queue,
    objectStore,
    async advance(duration) {
      await objectStore.idle();
      await clock.advance(duration);
      await objectStore.idle();
      await turn();
    },
    async reopen() {
      queue = await open();
      return queue;
    },
    close: () => queue.close(),
  };
}

workflowConformance(
  { describe, it },
  { name: "ObjectStoreQueue on MemoryObjectStore", open: () => openOn(new MemoryObjectStore()) },
);

workflowConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on FileSystemObjectStore",
    async open() {
      const root = await mkdtemp(join(tmpdir(), "wf-workflow-"));
      const opened = await openOn(new FileSystemObjectStore({ root }));
      const close = async () => {
        await opened.close();
        await rm(root, { recursive: true });
      };
      return { ...opened, close };
    },
  },
);
