import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";
import {
  BucketRequests,
  checkDelete,
  checkGet,
  checkListing,
  checkObject,
  checkObjectSize,
  checkPut,
  RequestPolicy,
  resolveBucketOptions,
} from "@wf/core/adapter";
import type { Bucket } from "./bucket.ts";
import { connect } from "./connect.ts";
import { listObjects } from "./list-objects.ts";
import { mapFailure } from "./map-failure.ts";
import { ObjectRemover } from "./object-remover.ts";
import { oneTry } from "./one-try.ts";
import { checkBucket, LIMITS, type S3ObjectStoreOptions } from "./options.ts";
import { readObject } from "./read-object.ts";
import { writeObject } from "./write-object.ts";

/**
 * An object store in a bucket of Amazon S3, or of a store that speaks its protocol and honours
 * `If-None-Match: *` and lists in the order of the keys: MinIO, Cloudflare R2 and others. Any number of stores
 * in any number of processes may share a bucket and a prefix.
 *
 * Each method sends its requests with a deadline and tries passing failures again, as `RequestPolicyOptions`
 * say; the client's own retries are left out. Errors of all methods, nothing having been changed unless it
 * says so:
 * - WF_STORE_DENIED: a permission is missing; the message names it
 * - WF_STORE_UNAUTHENTICATED: no credentials, or unknown or expired ones
 * - WF_STORE_BUCKET_NOT_FOUND, WF_STORE_MISCONFIGURED: the bucket, region or endpoint is wrong
 * - WF_STORE_UNSUPPORTED: the store has no create-if-absent, or does not list in order
 * - WF_STORE_UNAVAILABLE: the store is down, busy or full, and all tries were used up
 * - WF_STORE_OUTCOME_UNKNOWN: the same of a write that may have been applied
 * - WF_INVALID_KEY, WF_INVALID_ARGUMENT: refused before anything is sent
 * - `signal.reason`: at once when aborted; a write on its way may still be applied
 */
export class S3ObjectStore implements ObjectStore {
  readonly #bucket: Bucket;
  readonly #remover: ObjectRemover;
  readonly #maxObjectBytes: number;
  readonly #listPageSize: number;

  /**
   * Sends nothing. Without credentials among the options, the SDK looks for them as it does everywhere
   * (environment, shared files, web identity, instance metadata), and likewise for the region.
   *
   * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_KEY naming the option
   * @throws WF_STORE_UNSUPPORTED for a directory bucket (S3 Express One Zone), which does not list in order, and
   *   for a Multi-Region Access Point, where create-if-absent holds within a region only
   */
  constructor(options: S3ObjectStoreOptions) {
    checkObject(options, "options");
    const { bucket: name } = options;
    checkBucket(name);
    const { keyPrefix, maxObjectBytes, listPageSize } = resolveBucketOptions(options, LIMITS);
    const location = `s3://${name}/${keyPrefix}`;
    const policy = new RequestPolicy(options);
    const requests = new BucketRequests({ location, policy, mapFailure });
    const client = connect(options);
    this.#bucket = { client, name, keyPrefix, requests, once: oneTry(client) };
    this.#remover = new ObjectRemover(this.#bucket);
    this.#maxObjectBytes = maxObjectBytes;
    this.#listPageSize = listPageSize;
  }

  /**
   * Stores `body` in one request; durable when resolved. Do not change `body` before that.
   *
   * @throws WF_STORE_ALREADY_EXISTS with `ifAbsent`, when there is an object at `key`: perhaps the caller's own,
   *   of a try whose answer was lost (`createObject` tells)
   * @throws WF_STORE_OBJECT_TOO_LARGE for a body above `maxObjectBytes`; nothing is sent
   */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    checkObjectSize(key, body, this.#maxObjectBytes);
    await writeObject(this.#bucket, key, body, options);
  }

  /** The object, or those of its bytes that `range` asks for. One request. */
  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    return readObject(this.#bucket, key, options);
  }

  /**
   * Removes the objects, up to 1,000 with a request where the store takes that; durable when resolved. In a
   * bucket with versioning their versions stay. Where it fails, some may have been removed: repeat it.
   */
  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    await this.#remover.remove(checkDelete(keys, options), options.signal);
  }

  /**
   * The objects in order of their keys, one request for each page of `listPageSize`, sent when the listing
   * comes to it. `lastModified` is the store's clock, on Amazon S3 in whole seconds.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    yield* listObjects(this.#bucket, prefix, options, this.#listPageSize);
  }
}
