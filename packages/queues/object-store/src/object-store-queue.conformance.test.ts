import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileSystemObjectStore } from "@wf/store-fs";
import { openQueueOn } from "@wf/test-support/queue-on-virtual-time";
import { MemoryObjectStore, queueConformance, seededRandom } from "@wf/testing";
import { describe, it } from "vitest";
import { ReorderingObjectStore } from "../test-support/reordering-object-store.ts";

let seed = 0;

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on MemoryObjectStore",
    open: ({ queues }) => openQueueOn(new MemoryObjectStore(), { queues }),
  },
);

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue with small segments and a snapshot after each",
    open: ({ queues }) =>
      openQueueOn(new MemoryObjectStore(), {
        queues,
        snapshotAfterBytes: 1,
        segmentMaxBytes: 4_096,
      }),
  },
);

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on a store that delays and reorders",
    open({ queues }) {
      const store = new ReorderingObjectStore(new MemoryObjectStore(), seededRandom(++seed));
      return openQueueOn(store, { queues, segmentMaxBytes: 4_096, snapshotAfterBytes: 100_000 });
    },
  },
);

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on FileSystemObjectStore",
    async open({ queues }) {
      const root = await mkdtemp(join(tmpdir(), "wf-queue-"));
      const opened = await openQueueOn(new FileSystemObjectStore({ root }), { queues });
      const close = async () => {
        await opened.close();
        await rm(root, { recursive: true });
      };
      return { ...opened, close };
    },
  },
);
