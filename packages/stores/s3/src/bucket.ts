import type { S3Client } from "@aws-sdk/client-s3";
import type { BucketRequests } from "@wf/core/adapter";
import type { OneTry } from "./one-try.ts";

/** Where the objects are, and how requests are sent there. */
export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
  /** Put before every key: with its slash, or empty. */
  readonly keyPrefix: string;
  readonly requests: BucketRequests;
  /** Has a command sent once. */
  readonly once: OneTry;
}
