import {
  type Clock,
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  StoreError,
  systemClock,
} from "@wf/core";
import {
  checkClock,
  checkDelete,
  checkGet,
  checkListing,
  checkOptions,
  checkPut,
  type OptionNames,
} from "@wf/core/adapter";
import { SortedKeys } from "./sorted-keys.ts";

/** What a {@link MemoryObjectStore} may be given. */
export interface MemoryObjectStoreOptions {
  /** Where `lastModified` comes from. Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

const NAMES: OptionNames<MemoryObjectStoreOptions> = { clock: true };

interface StoredObject {
  readonly body: Uint8Array;
  readonly lastModified: number;
}

/**
 * An object store in this process's memory, for tests and benchmarks. It keeps the whole contract of
 * `ObjectStore` except that nothing outlives the instance: share one instance to share its objects, and
 * keep it across a simulated crash.
 *
 * Bodies are copied on the way in and out. Every method takes effect as it is called and settles in
 * microtasks, without timers, so that it runs on virtual time.
 */
export class MemoryObjectStore implements ObjectStore {
  readonly #clock: Clock;
  readonly #objects = new Map<string, StoredObject>();
  readonly #keys = new SortedKeys(this.#objects);

  /** An empty store. @throws WF_INVALID_ARGUMENT */
  constructor(options: MemoryObjectStoreOptions = {}) {
    checkOptions(options, "options", NAMES);
    const { clock = systemClock } = options;
    checkClock(clock);
    this.#clock = clock;
  }

  /**
   * @throws WF_STORE_ALREADY_EXISTS with `ifAbsent`, when there is an object at `key`
   * @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT when nothing was stored because of the arguments
   */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    options.signal?.throwIfAborted();
    const exists = this.#objects.has(key);
    if (exists && options.ifAbsent) {
      throw new StoreError("WF_STORE_ALREADY_EXISTS", `${key}: there is an object already`, {
        key,
      });
    }
    this.#objects.set(key, { body: new Uint8Array(body), lastModified: this.#clock.now() });
    if (!exists) this.#keys.added(key);
  }

  /** @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT (the range) */
  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    const { range, signal } = options;
    signal?.throwIfAborted();
    const body = this.#objects.get(key)?.body;
    return range === undefined
      ? body?.slice()
      : body?.slice(range.offset, range.offset + range.length);
  }

  /** @throws WF_INVALID_KEY, for any of the keys; then none is removed */
  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const all = checkDelete(keys, options);
    options.signal?.throwIfAborted();
    for (const key of all) this.#objects.delete(key);
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    const { startAfter = "", signal } = options;
    signal?.throwIfAborted();
    for (const key of this.#keys.from(prefix > startAfter ? prefix : startAfter)) {
      if (!key.startsWith(prefix)) return;
      signal?.throwIfAborted();
      const object = this.#objects.get(key);
      if (object === undefined || key === startAfter) continue;
      yield { key, size: object.body.length, lastModified: object.lastModified };
    }
  }
}
