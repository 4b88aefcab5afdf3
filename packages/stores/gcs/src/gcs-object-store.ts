import {
  type Clock,
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type RandomSource,
  type StoreCallOptions,
  StoreError,
  systemClock,
  systemRandom,
} from "@wf/core";
import {
  checkBytes,
  checkedKeys,
  checkObjectKey,
  checkRange,
  RequestPolicy,
  type StoreCall,
} from "@wf/core/adapter";
import { BucketApi } from "./bucket-api.ts";
import { connect } from "./connect.ts";
import { objectMeta } from "./object-meta.ts";
import { checkOptions, type GcsObjectStoreOptions } from "./options.ts";
import { type FailedRequest, requestFailure } from "./request-failure.ts";
import { uploadBody } from "./upload-body.ts";

const DEFAULT_MAX_OBJECT_BYTES = 1_073_741_824;
const DEFAULT_LIST_PAGE_SIZE = 1_000;
const MAX_KEY_LENGTH = 900;
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
  /** For messages. */
  readonly #where: Pick<FailedRequest, "bucket" | "endpoint" | "isAuthenticated">;
  /** Before every name: "" or a prefix with its "/". */
  readonly #root: string;
  readonly #maxObjectBytes: number;
  readonly #listPageSize: number;
  readonly #policy: RequestPolicy;
  readonly #clock: Clock;
  readonly #random: RandomSource;

  /**
   * Sends nothing and reads no credentials.
   *
   * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_KEY (of the prefix) naming the option
   */
  constructor(options: GcsObjectStoreOptions) {
    checkOptions(options);
    const {
      bucket,
      prefix,
      storage,
      maxObjectBytes = DEFAULT_MAX_OBJECT_BYTES,
      listPageSize = DEFAULT_LIST_PAGE_SIZE,
      requestTimeout,
      maxAttempts,
      retryBackoff,
      clock = systemClock,
      random = systemRandom,
      ...storageOptions
    } = options;
    const connection = connect(storage, storageOptions);
    this.#bucket = new BucketApi(connection, bucket);
    const { endpoint, authenticator } = connection;
    this.#where = { bucket, endpoint, isAuthenticated: authenticator !== undefined };
    this.#root = prefix === undefined ? "" : `${prefix}/`;
    this.#maxObjectBytes = maxObjectBytes;
    this.#listPageSize = listPageSize;
    this.#policy = new RequestPolicy({ requestTimeout, maxAttempts, retryBackoff, clock, random });
    this.#clock = clock;
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
    const { ifAbsent = false, signal } = options;
    checkObjectKey(key);
    checkBytes(body, "body");
    this.#checkSize(key, body);
    signal?.throwIfAborted();
    const upload = uploadBody(body, this.#random);
    await this.#run({ what: `put ${key}`, key, writes: true, signal }, (trySignal) =>
      this.#bucket.insert(this.#root + key, upload, ifAbsent, trySignal),
    );
  }

  /**
   * The object, or those of its bytes that `range` asks for. A whole object is compared with the checksum that
   * the server sends along, and read again where it differs.
   */
  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    const { range, signal } = options;
    checkObjectKey(key);
    checkRange(range);
    return this.#run({ what: `get ${key}`, key, writes: false, signal }, (trySignal) =>
      this.#bucket.read(this.#root + key, range, trySignal),
    );
  }

  /**
   * Removes the objects, 32 at a time; durable when resolved. Ends at the first failure, whose `key` is that of
   * the object. Some of the others have been removed then: repeat it.
   */
  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const { signal } = options;
    const rest = new Set(checkedKeys(keys)).values();
    signal?.throwIfAborted();
    let hasFailed = false;
    const work = async () => {
      // The iterator is shared: each takes the next key.
      for (const key of rest) {
        if (hasFailed) return;
        try {
          await this.#remove(key, signal);
        } catch (error) {
          hasFailed = true;
          throw error;
        }
      }
    };
    const results = await Promise.allSettled(Array.from({ length: DELETES_IN_FLIGHT }, work));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /**
   * The objects in order of their keys. A page is asked for when the listing comes to it. Objects whose names
   * are no keys, such as the "folders" of the console, are left out. `lastModified` is the time at which the
   * object was stored, by the clock of Cloud Storage.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    const { startAfter = "", signal } = options;
    signal?.throwIfAborted();
    // No key is as long, and an URL cannot be of any length.
    if (prefix.length > MAX_KEY_LENGTH) return;
    const query = {
      prefix: this.#root + prefix,
      startOffset: startAfter && this.#root + startAfter.slice(0, MAX_KEY_LENGTH),
      maxResults: this.#listPageSize,
    };
    let pageToken: string | undefined;
    do {
      const page = await this.#run({ what: `list ${prefix}`, writes: false, signal }, (trySignal) =>
        this.#bucket.list({ ...query, pageToken }, trySignal),
      );
      for (const item of page.items) {
        signal?.throwIfAborted();
        const meta = objectMeta(item, this.#root);
        // The server lists `startAfter` itself as well.
        if (meta !== undefined && meta.key > startAfter) yield meta;
      }
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  #remove(key: string, signal: AbortSignal | undefined): Promise<void> {
    return this.#run({ what: `delete ${key}`, key, writes: true, signal }, (trySignal) =>
      this.#bucket.remove(this.#root + key, trySignal),
    );
  }

  #run<T>(
    call: Omit<StoreCall, "failure">,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const failure = (error: unknown) =>
      requestFailure(error, { ...this.#where, writes: call.writes, nowMs: this.#clock.now() });
    return this.#policy.run({ ...call, failure }, request);
  }

  #checkSize(key: string, body: Uint8Array): void {
    if (body.length <= this.#maxObjectBytes) return;
    throw new StoreError(
      "WF_STORE_OBJECT_TOO_LARGE",
      `put ${key}: the body has ${body.length} bytes and maxObjectBytes is ${this.#maxObjectBytes}`,
      { key },
    );
  }
}
