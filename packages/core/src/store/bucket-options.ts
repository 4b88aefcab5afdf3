import { checkObject } from "../argument-checks.ts";
import { checkInteger } from "../queue/checks.ts";
import { checkKeyPrefix, MAX_KEY_BYTES } from "./object-key.ts";
import type { RequestPolicyOptions } from "./request-policy.ts";

/** Options that every store in a bucket of a cloud has, by the same names. */
export interface BucketStoreOptions extends RequestPolicyOptions {
  /**
   * Put before every key with a "/", so that several applications can share a bucket: `my-app/wf`. An object
   * key. Default none.
   */
  readonly prefix?: string | undefined;
  /** Bodies of more bytes are refused before anything is sent. */
  readonly maxObjectBytes?: number | undefined;
  /** Objects that are listed with one request. Fewer make more requests. */
  readonly listPageSize?: number | undefined;
}

/** What a cloud takes, and what its store does by default. */
export interface BucketLimits {
  /** Bytes of an object's name, its prefix included. */
  readonly maxNameBytes: number;
  /** Default and greatest value of the option: bytes of a body. */
  readonly maxObjectBytes: Bound;
  /** Default and greatest value of the option: objects on a page. */
  readonly listPageSize: Bound;
}

/** An option from 1 to `most`. */
interface Bound {
  readonly default: number;
  readonly most: number;
}

/** {@link BucketStoreOptions}, checked and with their defaults: see {@link resolveBucketOptions}. */
export interface BucketSettings {
  /** What the name of every object starts with: a prefix with its "/", or nothing. */
  readonly keyPrefix: string;
  /** Bodies of more bytes are to be refused: see `checkObjectSize`. */
  readonly maxObjectBytes: number;
  /** Objects to ask for with one request. */
  readonly listPageSize: number;
}

/** The options with their defaults. @throws WF_INVALID_ARGUMENT, WF_INVALID_KEY naming the option */
export function resolveBucketOptions(
  options: BucketStoreOptions,
  limits: BucketLimits,
): BucketSettings {
  checkObject(options, "options");
  const {
    prefix,
    maxObjectBytes = limits.maxObjectBytes.default,
    listPageSize = limits.listPageSize.default,
  } = options;
  if (prefix !== undefined) {
    const mostPrefixBytes = limits.maxNameBytes - MAX_KEY_BYTES - "/".length;
    checkKeyPrefix(prefix, "prefix", MAX_KEY_BYTES - mostPrefixBytes);
  }
  checkInteger(maxObjectBytes, "maxObjectBytes", 1, limits.maxObjectBytes.most);
  checkInteger(listPageSize, "listPageSize", 1, limits.listPageSize.most);
  return { keyPrefix: prefix === undefined ? "" : `${prefix}/`, maxObjectBytes, listPageSize };
}
