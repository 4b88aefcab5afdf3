import { openQueueOn } from "@wf/test-support/queue-on-virtual-time";
import { startGcsServer } from "@wf/test-support/servers/gcs-server";
import {
  HttpFaultProxy,
  objectStoreConformance,
  queueConformance,
  workflowConformance,
} from "@wf/testing";
import { afterAll, describe, it } from "vitest";
import { GcsObjectStore } from "./index.ts";

/** Small, so that the cases about paging store little. */
const LIST_PAGE_SIZE = 20;
/** The usual deadline would end requests of the hundreds that race for one server. */
const NO_DEADLINE = "1h";

const server = await startGcsServer();

describe("GcsObjectStore", () => {
  if ("unavailable" in server) {
    it.skip(`conforms: not tried, because ${server.unavailable}`);
    return;
  }
  const { name, origin } = server;
  afterAll(() => server.stop());

  let count = 0;
  const newBucket = async () => {
    const bucket = `bucket-${++count}`;
    await server.createBucket(bucket);
    return bucket;
  };
  const open = async () => new GcsObjectStore({ bucket: await newBucket(), apiEndpoint: origin });

  objectStoreConformance(
    { describe, it },
    {
      name: `GcsObjectStore on ${name}, below a prefix and beside others`,
      pageSize: LIST_PAGE_SIZE,
      async open() {
        const bucket = await newBucket();
        for (const prefix of ["apps/on", "apps/one-more", "apps/one0"]) {
          const neighbour = new GcsObjectStore({ bucket, prefix, apiEndpoint: origin });
          await neighbour.put("foreign/key", Uint8Array.of(1));
        }
        const faults = await HttpFaultProxy.open({ target: origin });
        const store = new GcsObjectStore({
          bucket,
          prefix: "apps/one",
          apiEndpoint: faults.url,
          listPageSize: LIST_PAGE_SIZE,
          requestTimeout: NO_DEADLINE,
          retryBackoff: { base: 0 },
        });
        return { store, faults, close: () => faults.close() };
      },
    },
  );

  queueConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on GcsObjectStore on ${name}`,
      open: async ({ queues }) => openQueueOn(await open(), { queues }),
    },
  );

  workflowConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on GcsObjectStore on ${name}`,
      open: async () => openQueueOn(await open()),
    },
  );
});
