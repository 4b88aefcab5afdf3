import {
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type RandomSource,
  type StoreCallOptions,
  systemRandom,
} from "@wf/core";
import {
  BucketRequests,
  type BucketSettings,
  checkDelete,
  checkGet,
  checkListing,
  checkObject,
  checkObjectSize,
  checkPut,
  inParallel,
  listByPages,
  RequestPolicy,
  resolveBucketOptions,
} from "@wf/core/adapter";
import { BucketApi, type ListItem } from "./bucket-api.ts";
import { connect } from "./connect.ts";
import { mapFailure } from "./map-failure.ts";
import { checkBucket, type GcsObjectStoreOptions, LIMITS } from "./options.ts";
import { uploadBody } from "./upload-body.ts";

/** Cloud Storage has no request that deletes several objects. */
const DELETES_IN_FLIGHT = 32;

/**
 * An object store in a bucket of Google Cloud Storage. Any number of stores in any number of processes may share
 * a bucket and a prefix: create-if-absent is exact among them, and reads and lists see what was stored before.
 *
 * Each call is one request, by the JSON API, but a list (one for each page) and a delete (one for each key). One
 * that fails in passing is repeated as the `RequestPolicyOptions` say; nothing else repeats it.
 *
 * Errors of all methods, nothing having been changed unless it says so:
 * - WF_STORE_UNAVAILABLE: throttled, failed or not reached, after all tries
 * - WF_STORE_OUTCOME_UNKNOWN: no answer to a write that may have been made
 * - WF_STORE_UNAUTHENTICATED: no credentials, or none that the server accepts
 * - WF_STORE_DENIED: a missing permission, which is named; a retention policy; a disabled project
 * - WF_STORE_BUCKET_NOT_FOUND, WF_STORE_MISCONFIGURED (something else answers), WF_STORE_UNSUPPORTED
 * - WF_INVALID_KEY, WF_INVALID_ARGUMENT: refused before anything is sent
 * - `signal.reason`: at once when it is aborted; a write that is under way may still be made
 */
export class GcsObjectStore implements ObjectStore {
  readonly #bucket: BucketApi;
  readonly #requests: BucketRequests;
  readonly #settings: BucketSettings;
  readonly #random: RandomSource;

  /**
   * Sends nothing and reads no credentials.
   *
   * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_KEY (of the prefix) naming the option
   */
  constructor(options: GcsObjectStoreOptions) {
    checkObject(options, "options");
    const {
      bucket,
      storage,
      prefix,
      maxObjectBytes,
      listPageSize,
      requestTimeout,
      maxAttempts,
      retryBackoff,
      clock,
      random = systemRandom,
      ...storageOptions
    } = options;
    checkBucket(bucket);
    this.#settings = resolveBucketOptions({ prefix, maxObjectBytes, listPageSize }, LIMITS);
    const connection = connect(storage, storageOptions);
    const isAuthenticated = connection.authenticator !== undefined;
    this.#bucket = new BucketApi(connection, bucket);
    this.#requests = new BucketRequests({
      location: `gs://${bucket}/${this.#settings.keyPrefix}`,
      policy: new RequestPolicy({ requestTimeout, maxAttempts, retryBackoff, clock, random }),
      mapFailure: (error, operation, nowMs) => mapFailure(error, operation, isAuthenticated, nowMs),
    });
    this.#random = random;
  }

  /**
   * Stores `body`; durable when resolved. `body` may be changed as soon as this has returned its promise.
   *
   * @throws WF_STORE_ALREADY_EXISTS with `ifAbsent`, when there is an object at `key`, which may be the one of
   *   an earlier try: see `createObject`
   * @throws WF_STORE_OBJECT_TOO_LARGE for more than `maxObjectBytes`, before anything is sent
   */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    const { ifAbsent = false, signal } = options;
    checkObjectSize(key, body, this.#settings.maxObjectBytes);
    signal?.throwIfAborted();
    const upload = uploadBody(body, this.#random);
    const operation = ifAbsent ? "create" : "put";
    await this.#requests.send({ operation, of: key, key, signal }, (trySignal) =>
      this.#bucket.insert(this.#nameOf(key), upload, ifAbsent, trySignal),
    );
  }

  /**
   * The object, or those of its bytes that `range` asks for. A whole object is compared with the checksum that
   * the server sends along, and read again where it differs.
   */
  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    const { range, signal } = options;
    return this.#requests.send({ operation: "get", of: key, key, signal }, (trySignal) =>
      this.#bucket.read(this.#nameOf(key), range, trySignal),
    );
  }

  /**
   * Removes the objects, 32 at a time; durable when resolved. Begins nothing more after a failure, whose `key`
   * is that of the object. Some of the others have been removed then: repeat it.
   */
  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const all = [...new Set(checkDelete(keys, options))];
    const { signal } = options;
    signal?.throwIfAborted();
    await inParallel(all, DELETES_IN_FLIGHT, (key) =>
      this.#requests.send({ operation: "delete", of: key, key, signal }, (trySignal) =>
        this.#bucket.remove(this.#nameOf(key), trySignal),
      ),
    );
  }

  /**
   * The objects in order of their keys. A page is asked for when the listing comes to it. Objects whose names
   * are no keys, such as the "folders" of the console, are left out. `lastModified` is the time at which the
   * object was stored, by the clock of Cloud Storage.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    const { signal } = options;
    const { keyPrefix, listPageSize } = this.#settings;
    const what = this.#requests.describe("list", prefix);
    const orderAdvice = "Cloud Storage does, so something else answers: check the endpoint";
    yield* listByPages({ ...options, prefix, what, orderAdvice }, async (query) => {
      const { startAfter, token } = query;
      const page = await this.#requests.send(
        { operation: "list", of: prefix, signal },
        (trySignal) =>
          this.#bucket.list(
            {
              prefix: keyPrefix + prefix,
              startOffset: startAfter && keyPrefix + startAfter,
              maxResults: listPageSize,
              pageToken: token,
            },
            trySignal,
          ),
      );
      const objects = page.items.map((item) => metaOf(item, keyPrefix));
      return { objects, token: page.nextPageToken };
    });
  }

  #nameOf(key: string): string {
    return this.#settings.keyPrefix + key;
  }
}

function metaOf({ name, size, timeCreated }: ListItem, keyPrefix: string): ObjectMeta {
  const key = name.slice(keyPrefix.length);
  // biome-ignore lint/style/noRestrictedGlobals: it parses a date and reads no clock
  return { key, size: Number(size), lastModified: Date.parse(timeCreated) };
}
