import { MemoryObjectStore, workflowConformance } from "@wf/testing";
import { describe, it } from "vitest";
import { sharedServer } from "../test-support/shared-server.ts";
import { openVirtual } from "../test-support/virtual-queue.ts";

const server = await sharedServer();

workflowConformance(
  { describe: describe.skipIf(server === undefined), it },
  {
    name: "PostgresQueue",
    async open() {
      const objectStore = new MemoryObjectStore();
      return { ...(await openVirtual(server!, { pool: { pipeline: true } })), objectStore };
    },
  },
);
