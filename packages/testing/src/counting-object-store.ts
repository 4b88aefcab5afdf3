import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";
import { checkFunction, checkObjectStore, checkOptions, type OptionNames } from "@wf/core/adapter";

/** What was asked of a store, failed calls included. */
export interface RequestCounts {
  /** All calls together. */
  readonly requests: number;
  /** Calls, those with `ifAbsent` among them. */
  readonly puts: number;
  /** Calls, those with a range and those that found nothing among them. */
  readonly gets: number;
  /** Calls; one may remove several objects. */
  readonly deletes: number;
  /** Calls; a cloud store answers one in pages, each of them a request. */
  readonly lists: number;
  /** Bytes of the bodies that were put. */
  readonly bytesWritten: number;
  /** Bytes of the bodies that were got. */
  readonly bytesRead: number;
  /** Keys that were to be deleted; where a store has no delete of many, each is a request. */
  readonly keysDeleted: number;
  /** Entries that listings gave. */
  readonly objectsListed: number;
}

/** What a {@link CountingObjectStore} counts. */
export interface CountingObjectStoreOptions {
  /**
   * Count only the calls about keys that this accepts; a `list` is about its prefix, and a delete of many about
   * those of its keys that are accepted. Default all.
   */
  readonly only?: ((key: string) => boolean) | undefined;
}

const NAMES: OptionNames<CountingObjectStoreOptions> = { only: true };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NONE: Omit<RequestCounts, "requests"> = {
  puts: 0,
  gets: 0,
  deletes: 0,
  lists: 0,
  bytesWritten: 0,
  bytesRead: 0,
  keysDeleted: 0,
  objectsListed: 0,
};

/**
 * Counts the calls that reach a store and their bytes, and passes them on: to assert in a test what a program
 * costs in a cloud. It sees calls, and not what an adapter makes of one (pages of a listing, repeats).
 *
 * @example
 * const store = new CountingObjectStore(new MemoryObjectStore());
 * const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
 * store.take();
 * await queue.enqueue("jobs", payload);
 * assert.equal(store.take().puts, 1);
 */
export class CountingObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #only: (key: string) => boolean;
  #counts: Mutable<typeof NONE> = { ...NONE };

  /** Passes all calls on to `store`, and has counted none. @throws WF_INVALID_ARGUMENT */
  constructor(store: ObjectStore, options: CountingObjectStoreOptions = {}) {
    checkObjectStore(store);
    checkOptions(options, "options", NAMES);
    const { only = () => true } = options;
    checkFunction(only, "only");
    this.#store = store;
    this.#only = only;
  }

  /** What was counted since the last `take`, or since the start. */
  get counts(): RequestCounts {
    const { puts, gets, deletes, lists } = this.#counts;
    return { requests: puts + gets + deletes + lists, ...this.#counts };
  }

  /** Gives {@link counts} and starts the counting anew. */
  take(): RequestCounts {
    const { counts } = this;
    this.#counts = { ...NONE };
    return counts;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    if (this.#only(key)) {
      this.#counts.puts++;
      // What is no bytes is for the store to refuse.
      if (body instanceof Uint8Array) this.#counts.bytesWritten += body.length;
    }
    return this.#store.put(key, body, options);
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    if (!this.#only(key)) return this.#store.get(key, options);
    this.#counts.gets++;
    const body = await this.#store.get(key, options);
    this.#counts.bytesRead += body?.length ?? 0;
    return body;
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    const counted = [keys].flat().filter(this.#only);
    if (counted.length > 0) {
      this.#counts.deletes++;
      this.#counts.keysDeleted += counted.length;
    }
    return this.#store.delete(keys, options);
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectMeta> {
    const isCounted = this.#only(prefix);
    if (isCounted) this.#counts.lists++;
    for await (const meta of this.#store.list(prefix, options)) {
      if (isCounted) this.#counts.objectsListed++;
      yield meta;
    }
  }
}
