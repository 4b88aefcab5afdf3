import type { Storage, StorageOptions } from "@google-cloud/storage";
import { WfError } from "@wf/core";
import { checkInteger, checkKeyPrefix, type RequestPolicyOptions } from "@wf/core/adapter";

/**
 * Options of `Storage` that have no effect on the store's own requests: they are refused, lest somebody rely
 * on them.
 */
export const UNUSED_STORAGE_OPTIONS = [
  "crc32cGenerator",
  "interceptors_",
  "retryOptions",
  "timeout",
  "token",
  "userAgent",
] as const satisfies readonly (keyof StorageOptions)[];

/**
 * Where the objects are and how they are reached: a client of `@google-cloud/storage`, or options for one, by
 * default with Application Default Credentials.
 */
export interface GcsObjectStoreOptions
  extends RequestPolicyOptions,
    Omit<StorageOptions, (typeof UNUSED_STORAGE_OPTIONS)[number]> {
  /** The name of the bucket, without `gs://`. It must exist. */
  readonly bucket: string;
  /**
   * Put before every key with a "/", so that several applications can share a bucket. An object key of at most
   * 123 bytes. Default none.
   */
  readonly prefix?: string | undefined;
  /**
   * A ready client. Its credentials and its endpoint are used; its `retryOptions`, `timeout` and interceptors
   * are not, because the store sends and repeats its requests itself.
   */
  readonly storage?: Storage | undefined;
  /**
   * Bodies of more bytes are refused. Default 1 GiB, 1 to 2 GiB: a body is sent with one request, in memory
   * twice, and takes about 3 s a GiB for its checksum.
   */
  readonly maxObjectBytes?: number | undefined;
  /** Objects listed with one request. Default 1,000, 1 to 1,000. */
  readonly listPageSize?: number | undefined;
}

/** https://cloud.google.com/storage/docs/buckets#naming */
const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
/** Names of objects have up to 1,024 bytes, of which 900 are for the key and one for the "/". */
const KEY_ROOM_BYTES = 900 - 123;
const MAX_OBJECT_BYTES = 2 ** 31;
/** The most that Cloud Storage puts on a page. */
const MAX_LIST_PAGE_SIZE = 1_000;

/** Checks the options that are the store's own. @throws WF_INVALID_ARGUMENT, WF_INVALID_KEY */
export function checkOptions(options: GcsObjectStoreOptions): void {
  const { bucket, prefix, maxObjectBytes, listPageSize } = options;
  if (typeof bucket !== "string" || !BUCKET_NAME.test(bucket)) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `bucket is ${JSON.stringify(bucket)}: give the name of a bucket, 3 to 222 of a-z 0-9 . _ -, without gs://`,
    );
  }
  if (prefix !== undefined) checkKeyPrefix(prefix, "prefix", KEY_ROOM_BYTES);
  if (maxObjectBytes !== undefined) {
    checkInteger(maxObjectBytes, "maxObjectBytes", 1, MAX_OBJECT_BYTES);
  }
  if (listPageSize !== undefined) {
    checkInteger(listPageSize, "listPageSize", 1, MAX_LIST_PAGE_SIZE);
  }
}
