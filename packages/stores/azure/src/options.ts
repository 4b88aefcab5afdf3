import type { BlobServiceClient, ContainerClient, newPipeline } from "@azure/storage-blob";
import { WfError } from "@wf/core";
import {
  type BucketLimits,
  type BucketStoreOptions,
  type OptionNames,
  show,
} from "@wf/core/adapter";

/** Of the service, but the usual page: the client takes about 0.1 ms for each blob of one, all at once. */
export const LIMITS: BucketLimits = {
  maxNameBytes: 1_024,
  // The most that it takes in one request (Put Blob, service version 2019-12-12 and later).
  maxObjectBytes: { default: 5_000 * 1_024 ** 2, most: 5_000 * 1_024 ** 2 },
  listPageSize: { default: 500, most: 5_000 },
};

/** A key, token or anonymous credential, as the constructors of `@azure/storage-blob` take it. */
export type AzureBlobCredential = NonNullable<Parameters<typeof newPipeline>[0]>;

/** Exactly one of `client`, `connectionString` and `url` says where the account is. */
export interface AzureBlobObjectStoreOptions extends BucketStoreOptions {
  /** The container, which has to exist: 3 to 63 of `a-z`, `0-9` and single `-`. */
  readonly container: string;
  /**
   * Put before every key with a "/", so that several applications can share a container. An object key of at
   * most 123 bytes. Default none.
   */
  readonly prefix?: string | undefined;
  /**
   * A client of the account or of `container`. Used with its credential, HTTP client, proxy and policies, but
   * without its retries: those of the store take their place, and no secondary host is ever asked.
   */
  readonly client?: BlobServiceClient | ContainerClient | undefined;
  /** Of the account, with its key or a SAS. */
  readonly connectionString?: string | undefined;
  /** Of the account: `https://ACCOUNT.blob.core.windows.net`, or with a SAS as its query. */
  readonly url?: string | undefined;
  /**
   * For a `url` without a SAS. Default: the `DefaultAzureCredential` of `@azure/identity`, which has to be
   * installed for that.
   */
  readonly credential?: AzureBlobCredential | undefined;
  /** Bodies of more bytes are refused before anything is sent. Default and most 5,000 MiB, at least 1. */
  readonly maxObjectBytes?: number | undefined;
  /** Objects that are listed with one request. Default 500, 1 to 5,000. */
  readonly listPageSize?: number | undefined;
}

export const NAMES: OptionNames<AzureBlobObjectStoreOptions> = {
  container: true,
  prefix: true,
  client: true,
  connectionString: true,
  url: true,
  credential: true,
  maxObjectBytes: true,
  listPageSize: true,
  requestTimeout: true,
  maxAttempts: true,
  retryBackoff: true,
  clock: true,
  random: true,
};

/**
 * @throws WF_INVALID_ARGUMENT
 * @see https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
 */
export function checkContainer(container: string): void {
  const isName = typeof container === "string" && /^[a-z0-9](-?[a-z0-9])*$/.test(container);
  if (isName && container.length >= 3 && container.length <= 63) return;
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `container is ${show(container)}: give the name of a container, 3 to 63 of a-z, 0-9 and single "-" ` +
      'between them; a path within it is the option "prefix"',
  );
}
