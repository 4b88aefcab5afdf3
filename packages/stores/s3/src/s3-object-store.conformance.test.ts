import { openQueueOn } from "@wf/test-support/queue-on-virtual-time";
import { startS3Server } from "@wf/test-support/servers/s3-server";
import {
  HttpFaultProxy,
  objectStoreConformance,
  queueConformance,
  workflowConformance,
} from "@wf/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { NO_DEADLINE } from "../test-support/retry-clock.ts";
import { BUCKET, storeAt } from "../test-support/test-store.ts";

/** Small, so that the cases about paging store little. */
const LIST_PAGE_SIZE = 20;

/** Cases that a server gets wrong, and why. */
const KNOWN_GAPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  minio: Object.fromEntries(
    [
      ...["round-trip-005", "delete-001", "keys-002", "keys-003", "keys-004", "keys-005"],
      ...["list-001", "list-002", "list-003", "abort-001"],
    ].map((id) => [id, "MinIO does not list what is below a key that is an object itself"]),
  ),
};

const server = await startS3Server();

describe("S3ObjectStore", () => {
  if ("unavailable" in server) {
    it.skip(`conforms: not tried, because ${server.unavailable}`);
    return;
  }
  const { name, origin } = server;
  beforeAll(() => server.createBucket(BUCKET));
  afterAll(() => server.stop());

  let count = 0;
  /** Where nothing is stored yet, in the one bucket that all cases share. */
  const newPrefix = () => `case/${++count}`;
  const open = () => storeAt(origin, { prefix: newPrefix() });

  objectStoreConformance(
    { describe, it },
    {
      name: `S3ObjectStore on ${name}`,
      pageSize: LIST_PAGE_SIZE,
      knownGaps: KNOWN_GAPS[name] ?? {},
      async open() {
        const faults = await HttpFaultProxy.open({ target: origin });
        const store = storeAt(faults.url, {
          prefix: newPrefix(),
          listPageSize: LIST_PAGE_SIZE,
          // The usual one would end requests of the hundreds that race for one server.
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
      name: `ObjectStoreQueue on S3ObjectStore on ${name}`,
      open: ({ queues }) => openQueueOn(open(), { queues }),
    },
  );

  workflowConformance(
    { describe, it },
    {
      name: `ObjectStoreQueue on S3ObjectStore on ${name}`,
      open: () => openQueueOn(open()),
    },
  );
});
