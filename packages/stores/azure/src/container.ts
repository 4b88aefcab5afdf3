import type { ContainerClient } from "@azure/storage-blob";
import type { BucketRequests } from "@wf/core/adapter";

/** Where the objects are, and how requests are sent there. */
export interface Container {
  readonly client: ContainerClient;
  /** Put before every key: with its slash, or empty. */
  readonly keyPrefix: string;
  readonly requests: BucketRequests;
}
