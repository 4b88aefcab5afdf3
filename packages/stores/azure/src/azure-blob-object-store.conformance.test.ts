import { BlobServiceClient } from "@azure/storage-blob";
import { openQueueOn } from "@wf/test-support/queue-on-virtual-time";
import { connectionStringOf, startAzureServer } from "@wf/test-support/servers/azure-server";
import {
  HttpFaultProxy,
  objectStoreConformance,
  queueConformance,
  workflowConformance,
} from "@wf/testing";
import { afterAll, describe, it } from "vitest";
import { AzureBlobObjectStore } from "./index.ts";

/** Small, so that the cases about paging store little. */
const LIST_PAGE_SIZE = 20;
/** The usual deadline would end requests of the hundreds that race for one server. */
const NO_DEADLINE = "1h" as const;

const server = await startAzureServer();

describe("AzureBlobObjectStore", () => {
  if ("unavailable" in server) {
    it.skip(`conforms: not tried, because ${server.unavailable}`);
    return;
  }
  const { name, origin } = server;
  afterAll(() => server.stop());

  const service = BlobServiceClient.fromConnectionString(connectionStringOf(origin));
  let count = 0;
  const newContainer = async () => {
    const container = `container-${++count}`;
    await server.createBucket(container);
    return container;
  };
  // Azurite looks for a blob among those of all containers: none is left.
  const remove = (container: string) => service.deleteContainer(container);
  const openQueue = async (settings: Parameters<typeof openQueueOn>[1]) => {
    const container = await newContainer();
    const store = new AzureBlobObjectStore({
      container,
      connectionString: connectionStringOf(origin),
    });
    const opened = await openQueueOn(store, settings);
    const close = async () => {
      await opened.close();
      await remove(container);
    };
    return { ...opened, close };
  };

  objectStoreConformance(
    { describe, it },
    {
      name: `AzureBlobObjectStore on ${name}, below a prefix and beside others`,
      pageSize: LIST_PAGE_SIZE,
      async open() {
        const container = await newContainer();
        const faults = await HttpFaultProxy.open({ target: origin });
        const options = {
          container,
          client: BlobServiceClient.fromConnectionString(connectionStringOf(faults.url)),
          listPageSize: LIST_PAGE_SIZE,
          requestTimeout: NO_DEADLINE,
          retryBackoff: { base: 0 },
        };
        for (const prefix of ["apps/v", "apps/v1-0", "apps/v1.0", "apps/v10", "apps/v2"]) {
          await new AzureBlobObjectStore({ ...options, prefix }).put("key", Uint8Array.of(1));
        }
        const store = new AzureBlobObjectStore({ ...options, prefix: "apps/v1" });
        const close = async () => {
          await faults.close();
          await remove(container);
        };
        return { store, faults, close };
      },
    },
  );

  queueConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on AzureBlobObjectStore on ${name}`,
      open: ({ queues }) => openQueue({ queues }),
    },
  );

  workflowConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on AzureBlobObjectStore on ${name}`,
      open: () => openQueue({}),
    },
  );
});
