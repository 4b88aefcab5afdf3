import type { BlobServiceClient, ContainerClient, newPipeline } from "@azure/storage-blob";
import { WfError } from "@wf/core";
import { checkInteger, checkKeyPrefix, type RequestPolicyOptions } from "@wf/core/adapter";

/** The most that the service takes in one request (Put Blob, service version 2019-12-12 and later). */
const MAX_OBJECT_BYTES = 5_000 * 1_048_576;
/** The service's own bound. */
const MAX_LIST_PAGE_SIZE = 5_000;
/** The client takes about 0.1 ms for each blob of a page, all at once. */
const DEFAULT_LIST_PAGE_SIZE = 500;
/** Blob names have up to 1,024 characters, of which a key takes up to 900 and a "/" one. */
const MAX_PREFIX_BYTES = 123;

/** A key, token or anonymous credential, as the constructors of `@azure/storage-blob` take it. */
export type AzureBlobCredential = NonNullable<Parameters<typeof newPipeline>[0]>;

/** Exactly one of `client`, `connectionString` and `url` says where the account is. */
export interface AzureBlobObjectStoreOptions extends RequestPolicyOptions {
  /** The container, which has to exist: 3 to 63 of `a-z`, `0-9` and single `-`. */
  readonly container: string;
  /** Goes before every key, with a "/". An object key of at most 123 bytes. Default: none. */
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
  /** The largest body that is stored, in bytes. Default and most 5,000 MiB, at least 1. */
  readonly maxObjectBytes?: number | undefined;
  /** Objects that are listed with one request. Default 500, 1 to 5,000. */
  readonly listPageSize?: number | undefined;
}

/** The options that need no client, checked and with their defaults. */
export interface StoreSettings {
  /** What the names of all blobs of the store start with: "" or the prefix with a "/". */
  readonly nameStart: string;
  readonly maxObjectBytes: number;
  readonly listPageSize: number;
}

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_KEY naming the option */
export function settingsOf(options: AzureBlobObjectStoreOptions): StoreSettings {
  const {
    prefix,
    maxObjectBytes = MAX_OBJECT_BYTES,
    listPageSize = DEFAULT_LIST_PAGE_SIZE,
  } = options;
  checkContainer(options.container);
  if (prefix !== undefined) checkKeyPrefix(prefix, "prefix", 900 - MAX_PREFIX_BYTES);
  checkInteger(maxObjectBytes, "maxObjectBytes", 1, MAX_OBJECT_BYTES);
  checkInteger(listPageSize, "listPageSize", 1, MAX_LIST_PAGE_SIZE);
  const nameStart = prefix === undefined ? "" : `${prefix}/`;
  return { nameStart, maxObjectBytes, listPageSize };
}

/** @see https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
function checkContainer(container: string): void {
  const isName = typeof container === "string" && /^[a-z0-9](-?[a-z0-9])*$/.test(container);
  if (isName && container.length >= 3 && container.length <= 63) return;
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `container is ${JSON.stringify(container)}: give 3 to 63 of a-z, 0-9 and single "-" between them`,
  );
}
