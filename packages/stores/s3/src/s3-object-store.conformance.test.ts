import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import {
  HttpFaultProxy,
  type OpenedObjectStore,
  objectStoreConformance,
  queueConformance,
  workflowConformance,
} from "@wf/testing";
import { afterAll, describe, it } from "vitest";
import { openQueueOn } from "../test-support/queue-on-virtual-time.ts";
import { startServer } from "../test-support/server.ts";
import { BUCKET, ON_LOOPBACK, storeAt } from "../test-support/test-store.ts";

const server = await startServer();

let count = 0;
/** Where nothing is stored yet, in the one bucket that all cases share. */
const newPrefix = () => `case/${++count}`;

if ("unavailable" in server) {
  it.skip(`S3ObjectStore conforms: not tried, because ${server.unavailable}`);
} else {
  const { name, endpoint, knownGaps } = server;
  afterAll(() => server.stop());
  const client = new S3Client({ endpoint, ...ON_LOOPBACK });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));

  const openStore = async (): Promise<OpenedObjectStore> => {
    const faults = await HttpFaultProxy.open({ target: endpoint });
    const store = storeAt(faults.url, {
      prefix: newPrefix(),
      listPageSize: 20,
      retryBackoff: { base: 1, cap: 1 },
    });
    return { store, faults, close: () => faults.close() };
  };
  objectStoreConformance(
    { describe, it },
    { name: `S3ObjectStore on ${name}`, open: openStore, pageSize: 20, knownGaps },
  );

  const store = () => storeAt(endpoint, { prefix: newPrefix() });
  queueConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on S3ObjectStore on ${name}`,
      open: ({ queues }) => openQueueOn(store(), queues),
    },
  );
  workflowConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on S3ObjectStore on ${name}`,
      open: () => openQueueOn(store()),
    },
  );
}
