import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { StoreError, WfError } from "@wf/core";
import { type BucketLimits, type BucketStoreOptions, show } from "@wf/core/adapter";

/** Of Amazon S3: what one put takes, what it puts on a page, and how long the key of an object may be. */
export const LIMITS: BucketLimits = {
  maxNameBytes: 1_024,
  maxObjectBytes: { default: 5 * 1_024 ** 3, most: 5 * 1_024 ** 3 },
  listPageSize: { default: 1_000, most: 1_000 },
};

/** What is set of the store itself, whether it makes its client or is given one. */
export interface StoreOptions extends BucketStoreOptions {
  /**
   * Name, access point ARN or access point alias of a bucket that exists. Directory buckets (S3 Express One
   * Zone) and Multi-Region Access Points are refused.
   */
  readonly bucket: string;
  /**
   * Put before every key with a "/", so that several applications can share a bucket. An object key of at most
   * 123 bytes. Default none.
   */
  readonly prefix?: string | undefined;
  /** Bodies of more bytes are refused before anything is sent. Default and most 5 GiB, at least 1. */
  readonly maxObjectBytes?: number | undefined;
  /** Objects that are listed with one request. Default 1,000, 1 to 1,000. */
  readonly listPageSize?: number | undefined;
}

/** The client's retries are off, so what would set them is left out: `maxAttempts` is the store's own. */
type ClientConfig = Omit<S3ClientConfig, "maxAttempts" | "retryMode" | "retryStrategy">;

/** A ready `client`, or what `new S3Client()` takes to make one. */
export type S3ObjectStoreOptions = StoreOptions &
  ((ClientConfig & { readonly client?: undefined }) | { readonly client: S3Client });

/**
 * Kinds of buckets that do not keep what an ObjectStore promises, by the end of their name or ARN (S3 user guide,
 * "Directory buckets" and "Multi-Region Access Points").
 */
const UNSUPPORTED = [
  { end: "--x-s3", kind: "a directory bucket (S3 Express One Zone), which does not list in order" },
  { end: "--xa-s3", kind: "an access point of a directory bucket, which does not list in order" },
  { end: ".mrap", kind: "a Multi-Region Access Point, where two regions may create one object" },
];

/** Of any store: the oldest buckets of Amazon S3 have up to 255 characters, capitals and "_" among them. */
const NAME = /^[A-Za-z0-9._-]{1,255}$/;
const ARN = /^arn:[!-~]{1,2000}$/;

/** @throws WF_INVALID_ARGUMENT, WF_STORE_UNSUPPORTED */
export function checkBucket(bucket: string): void {
  if (typeof bucket !== "string" || !(NAME.test(bucket) || ARN.test(bucket))) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `bucket is ${show(bucket)}: give the name of a bucket, without s3://; a path within it is the option "prefix"`,
    );
  }
  const unsupported = UNSUPPORTED.find(({ end }) => bucket.endsWith(end));
  if (unsupported !== undefined) {
    throw new StoreError(
      "WF_STORE_UNSUPPORTED",
      `bucket is ${show(bucket)}, ${unsupported.kind}: use a general purpose bucket of one region`,
    );
  }
}
