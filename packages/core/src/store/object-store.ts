/**
 * An object store: all that a third party has to write to carry wf on another store.
 *
 * Keys are 1 to 100 segments of `A-Z a-z 0-9 . _ = -` joined by "/", none of them empty or with "." at its
 * end, at most 200 bytes a segment and 900 in all, so that every store keeps one order. `checkObjectKey` of
 * `@wf/core/adapter` checks that.
 * Create-if-absent is the only atomic primitive that all stores share, so it is the only one used.
 *
 * Failures are `StoreError`s: `WF_STORE_UNAVAILABLE` where nothing happened and a repeat is safe,
 * `WF_STORE_OUTCOME_UNKNOWN` where a write may have landed, `WF_STORE_DENIED` where a permission is
 * missing, `WF_STORE_UNAUTHENTICATED`, `WF_STORE_BUCKET_NOT_FOUND`, `WF_STORE_MISCONFIGURED` and
 * `WF_STORE_OBJECT_TOO_LARGE` as they say. `WF_INVALID_KEY` and `WF_INVALID_ARGUMENT` refuse the arguments
 * before anything is sent. A method aborted by its `signal` rejects with `signal.reason`; an aborted write
 * may still land.
 */
export interface ObjectStore {
  /**
   * Stores the whole of `body` at `key`, atomically: a reader sees the old object or the new one, never
   * a part. Durable when resolved. With `ifAbsent`, an existing key is left as it is.
   *
   * @throws WF_STORE_ALREADY_EXISTS with `ifAbsent`, when there is an object at `key`. Where the answer
   *   to an earlier try was lost, that object may be the caller's own: see `createObject`.
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void>;

  /**
   * The object's bytes, owned by the caller, or undefined where there is no such key. A `range` that
   * reaches past the end gives what there is, possibly nothing.
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined>;

  /** Removes the objects; a missing key is no error. Durable when resolved. */
  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void>;

  /**
   * The objects whose key starts with `prefix` (any string, "" for all), in ascending byte order of the
   * keys. Sees every object that was stored before the call and not deleted during it.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta>;
}

/** What every method of an {@link ObjectStore} may be given. */
export interface StoreCallOptions {
  /** Aborts the call, which then rejects with `signal.reason`. A write may still land. */
  readonly signal?: AbortSignal | undefined;
}

/** See {@link ObjectStore.put}. */
export interface PutOptions extends StoreCallOptions {
  /** Refuse to replace an existing object. Default false. */
  readonly ifAbsent?: boolean | undefined;
}

/** See {@link ObjectStore.get}. */
export interface GetOptions extends StoreCallOptions {
  /** Only these bytes: `offset` from 0, `length` at least 1. Default the whole object. */
  readonly range?: { readonly offset: number; readonly length: number } | undefined;
}

/** See {@link ObjectStore.list}. */
export interface ListOptions extends StoreCallOptions {
  /** Only keys after this one, itself excluded. Default from the first. */
  readonly startAfter?: string | undefined;
}

/** What a listing tells of an object. */
export interface ObjectMeta {
  /** All of it, the prefix that was asked for included. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the Unix epoch, by the store's own clock and with its resolution. */
  readonly lastModified: number;
}
