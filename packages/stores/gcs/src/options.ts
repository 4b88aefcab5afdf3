import type { Storage, StorageOptions } from "@google-cloud/storage";
import { WfError } from "@wf/core";
import { type BucketLimits, type BucketStoreOptions, show } from "@wf/core/adapter";

/** Of Cloud Storage, but the size of objects, which is the store's own. */
export const LIMITS: BucketLimits = {
  maxNameBytes: 1_024,
  maxObjectBytes: { default: 1_024 ** 3, most: 2 * 1_024 ** 3 },
  listPageSize: { default: 1_000, most: 1_000 },
};

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
  extends BucketStoreOptions,
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
   * Bodies of more bytes are refused before anything is sent. Default 1 GiB, 1 to 2 GiB: a body is sent with one
   * request, in memory twice, and takes about 3 s a GiB for its checksum.
   */
  readonly maxObjectBytes?: number | undefined;
  /** Objects that are listed with one request. Default 1,000, 1 to 1,000. */
  readonly listPageSize?: number | undefined;
}

/** https://cloud.google.com/storage/docs/buckets#naming */
const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** @throws WF_INVALID_ARGUMENT */
export function checkBucket(bucket: string): void {
  if (typeof bucket === "string" && BUCKET_NAME.test(bucket)) return;
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `bucket is ${show(bucket)}: give the name of a bucket, 3 to 222 of a-z 0-9 . _ -, without gs://; ` +
      'a path within it is the option "prefix"',
  );
}
