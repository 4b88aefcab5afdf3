import { queueConformance } from "@wf/testing";
import { describe, it } from "vitest";
import { sharedServer } from "../test-support/shared-server.ts";
import { openVirtual } from "../test-support/virtual-queue.ts";

const server = await sharedServer();
const runner = { describe: describe.skipIf(server === undefined), it };

queueConformance(runner, {
  name: "PostgresQueue",
  shared: true,
  open: (options) => openVirtual(server!, { ...options, pool: { pipeline: true } }),
});

queueConformance(runner, {
  name: "PostgresQueue on a pool that does not pipeline, one write at a time",
  shared: true,
  open: (options) => openVirtual(server!, { ...options, settings: { maxWritesInFlight: 1 } }),
});
