import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileSystemObjectStore } from "@wf/store-fs";
import { openQueueOn } from "@wf/test-support/queue-on-virtual-time";
import { MemoryObjectStore, workflowConformance } from "@wf/testing";
import { describe, it } from "vitest";

workflowConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on MemoryObjectStore",
    open: () => openQueueOn(new MemoryObjectStore()),
  },
);

workflowConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue on FileSystemObjectStore",
    async open() {
      const root = await mkdtemp(join(tmpdir(), "wf-workflow-"));
      const opened = await openQueueOn(new FileSystemObjectStore({ root }));
      const close = async () => {
        await opened.close();
        await rm(root, { recursive: true });
      };
      return { ...opened, close };
    },
  },
);
