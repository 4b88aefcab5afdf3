import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { StoreError, WfError } from "@wf/core";
import { checkInteger, checkKeyPrefix, type RequestPolicyOptions } from "@wf/core/adapter";

/** 5 GiB, the most that S3 takes in one put. */
const MAX_OBJECT_BYTES = 5 * 1_024 ** 3;
/** The most that S3 puts on one page. */
const MAX_LIST_PAGE_SIZE = 1_000;
/** A key of S3 has at most 1,024 bytes, one of wf 900, and a slash comes between prefix and key. */
const MAX_PREFIX_BYTES = 1_024 - 900 - 1;

/** What is set of the store itself, whether it makes its client or is given one. */
export interface StoreOptions extends RequestPolicyOptions {
  /**
   * Name, access point ARN or access point alias of a bucket that exists. Directory buckets (S3 Express One
   * Zone) and Multi-Region Access Points are refused.
   */
  readonly bucket: string;
  /** Put before every key, with a slash: `my-app/wf`. An object key of at most 123 bytes. Default none. */
  readonly prefix?: string | undefined;
  /** Larger bodies are refused before anything is sent. Bytes, default and at most 5 GiB. */
  readonly maxObjectBytes?: number | undefined;
  /** Objects that one request lists. Default and at most 1,000: fewer make more requests. */
  readonly listPageSize?: number | undefined;
}

/** The client's retries are off, so what would set them is left out: `maxAttempts` is the store's own. */
type ClientConfig = Omit<S3ClientConfig, "maxAttempts" | "retryMode" | "retryStrategy">;

/** A ready `client`, or what `new S3Client()` takes to make one. */
export type S3ObjectStoreOptions = StoreOptions &
  ((ClientConfig & { readonly client?: undefined }) | { readonly client: S3Client });

export interface ResolvedOptions {
  readonly bucket: string;
  /** With its slash, or empty. */
  readonly keyPrefix: string;
  readonly maxObjectBytes: number;
  readonly listPageSize: number;
}

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_KEY, WF_STORE_UNSUPPORTED naming the option */
export function resolveOptions(options: S3ObjectStoreOptions): ResolvedOptions {
  const {
    bucket,
    prefix,
    maxObjectBytes = MAX_OBJECT_BYTES,
    listPageSize = MAX_LIST_PAGE_SIZE,
  } = options;
  checkBucket(bucket);
  if (prefix !== undefined) checkKeyPrefix(prefix, "prefix", 900 - MAX_PREFIX_BYTES);
  checkInteger(maxObjectBytes, "maxObjectBytes", 1, MAX_OBJECT_BYTES);
  checkInteger(listPageSize, "listPageSize", 1, MAX_LIST_PAGE_SIZE);
  const keyPrefix = prefix === undefined ? "" : `${prefix}/`;
  return { bucket, keyPrefix, maxObjectBytes, listPageSize };
}

/**
 * Kinds of buckets that do not keep what an ObjectStore promises, by the end of their name or ARN (S3 user guide,
 * "Directory buckets" and "Multi-Region Access Points").
 */
const UNSUPPORTED = [
  { end: "--x-s3", kind: "a directory bucket (S3 Express One Zone), which does not list in order" },
  { end: "--xa-s3", kind: "an access point of a directory bucket, which does not list in order" },
  { end: ".mrap", kind: "a Multi-Region Access Point, where two regions may create one object" },
];

function checkBucket(bucket: string): void {
  const isArn = typeof bucket === "string" && bucket.startsWith("arn:");
  if (typeof bucket !== "string" || bucket === "" || (bucket.includes("/") && !isArn)) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `bucket is ${JSON.stringify(bucket)}: give the name of a bucket; a path within it is the option "prefix"`,
    );
  }
  const unsupported = UNSUPPORTED.find(({ end }) => bucket.endsWith(end));
  if (unsupported !== undefined) {
    throw new StoreError(
      "WF_STORE_UNSUPPORTED",
      `bucket is ${JSON.stringify(bucket)}, ${unsupported.kind}: use a general purpose bucket of one region`,
    );
  }
}
