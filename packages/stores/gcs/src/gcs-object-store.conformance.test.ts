import {
  HttpFaultProxy,
  objectStoreConformance,
  queueConformance,
  workflowConformance,
} from "@wf/testing";
import { afterAll, describe, it } from "vitest";
import { type FakeGcsServer, startFakeGcsServer } from "../test-support/fake-gcs-server.ts";
import { openQueueOn } from "../test-support/queue-on-virtual-time.ts";
import { GcsObjectStore } from "./index.ts";

const LIST_PAGE_SIZE = 50;

const server = await startFakeGcsServer().catch((reason: unknown) => {
  if (process.env["CI"]) throw reason;
  process.stderr.write(`GcsObjectStore is not tested against fake-gcs-server: ${reason}\n`);
  return undefined;
});

describe.skipIf(server === undefined)("on fake-gcs-server", () => {
  // None of it is asked for where the tests are skipped.
  const { url, createBucket } = server ?? ({} as FakeGcsServer);
  afterAll(() => server?.stop());

  objectStoreConformance(
    { describe, it },
    {
      name: "GcsObjectStore with a prefix beside others",
      pageSize: LIST_PAGE_SIZE,
      async open() {
        const bucket = await createBucket();
        for (const prefix of ["apps/on", "apps/one-more", "apps/one0"]) {
          const neighbour = new GcsObjectStore({ bucket, prefix, apiEndpoint: url });
          await neighbour.put("foreign/key", Uint8Array.of(1));
        }
        const proxy = await HttpFaultProxy.open({ target: url });
        const store = new GcsObjectStore({
          bucket,
          prefix: "apps/one",
          apiEndpoint: proxy.url,
          listPageSize: LIST_PAGE_SIZE,
          retryBackoff: { base: 0 },
        });
        return { store, faults: proxy, close: () => proxy.close() };
      },
    },
  );

  queueConformance(
    { describe, it },
    {
      name: "ObjectStoreQueue on GcsObjectStore",
      open: async ({ queues }) => openQueueOn(await openStore(), queues),
    },
  );

  workflowConformance(
    { describe, it },
    {
      name: "ObjectStoreQueue on GcsObjectStore",
      open: async () => openQueueOn(await openStore()),
    },
  );

  async function openStore(): Promise<GcsObjectStore> {
    return new GcsObjectStore({ bucket: await createBucket(), apiEndpoint: url });
  }
});
