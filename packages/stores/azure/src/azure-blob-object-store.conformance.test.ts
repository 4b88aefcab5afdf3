import { BlobServiceClient } from "@azure/storage-blob";
import {
  HttpFaultProxy,
  objectStoreConformance,
  queueConformance,
  workflowConformance,
} from "@wf/testing";
import { afterAll, describe, it } from "vitest";
import {
  type AzuriteServer,
  connectionStringOf,
  startAzurite,
} from "../test-support/azurite-server.ts";
import { openQueueOn } from "../test-support/queue-on-virtual-time.ts";
import { AzureBlobObjectStore } from "./index.ts";

/** Small, so that the cases about paging store little. */
const LIST_PAGE_SIZE = 50;

const server = await startAzurite();
describe("on Azurite", () => {
  if (typeof server !== "string") return testOn(server);
  process.stderr.write(`the conformance of AzureBlobObjectStore is not tested: ${server}\n`);
  it.skip(server);
});

function testOn({ origin, close }: AzuriteServer): void {
  afterAll(close);

  const service = BlobServiceClient.fromConnectionString(connectionStringOf(origin));
  let containers = 0;

  async function newContainer(): Promise<string> {
    const container = `container-${++containers}`;
    await service.createContainer(container);
    return container;
  }

  async function openStore(): Promise<AzureBlobObjectStore> {
    const connectionString = connectionStringOf(origin);
    return new AzureBlobObjectStore({ container: await newContainer(), connectionString });
  }

  objectStoreConformance(
    { describe, it },
    {
      name: "AzureBlobObjectStore below a prefix, beside others",
      pageSize: LIST_PAGE_SIZE,
      async open() {
        const container = await newContainer();
        const proxy = await HttpFaultProxy.open({ target: origin });
        const options = {
          container,
          client: BlobServiceClient.fromConnectionString(connectionStringOf(proxy.url)),
          listPageSize: LIST_PAGE_SIZE,
          retryBackoff: { base: 0 },
        };
        for (const prefix of ["apps/v", "apps/v1-0", "apps/v1.0", "apps/v10", "apps/v2"]) {
          await new AzureBlobObjectStore({ ...options, prefix }).put("key", Uint8Array.of(1));
        }
        const store = new AzureBlobObjectStore({ ...options, prefix: "apps/v1" });
        const close = async () => {
          await proxy.close();
          await service.deleteContainer(container);
        };
        return { store, faults: proxy, close };
      },
    },
  );

  queueConformance(
    { describe, it },
    {
      name: "ObjectStoreQueue on AzureBlobObjectStore",
      open: async ({ queues }) => openQueueOn(await openStore(), queues),
    },
  );

  workflowConformance(
    { describe, it },
    {
      name: "ObjectStoreQueue on AzureBlobObjectStore",
      open: async () => openQueueOn(await openStore()),
    },
  );
}
