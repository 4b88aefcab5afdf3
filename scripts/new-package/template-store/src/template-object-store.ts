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

/** What a {@link TemplateObjectStore} takes. */
export interface TemplateObjectStoreOptions {
  /** Where `lastModified` comes from. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

const NAMES: OptionNames<TemplateObjectStoreOptions> = { clock: true };

interface StoredObject {
  readonly body: Uint8Array;
  readonly lastModified: number;
}

/**
 * An object store in a Map of this process: it keeps the contract of `ObjectStore`, except that nothing outlives
 * the instance. Put the real store in the Map's place, one method after the other; the checks stay.
 */
export class TemplateObjectStore implements ObjectStore {
  readonly #clock: Clock;
  readonly #objects = new Map<string, StoredObject>();

  /** An empty store. No request is made here. @throws WF_INVALID_ARGUMENT naming the option */
  constructor(options: TemplateObjectStoreOptions = {}) {
    checkOptions(options, "options", NAMES);
    const { clock = systemClock } = options;
    checkClock(clock);
    this.#clock = clock;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    options.signal?.throwIfAborted();
    // To look and then to write is not atomic between processes: use what the store has, such as `If-None-Match`.
    if (options.ifAbsent && this.#objects.has(key)) {
      throw new StoreError("WF_STORE_ALREADY_EXISTS", `${key}: there is an object`, { key });
    }
    // Copied, because the caller may change its bytes once the call has returned.
    this.#objects.set(key, { body: new Uint8Array(body), lastModified: this.#clock.now() });
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    options.signal?.throwIfAborted();
    const body = this.#objects.get(key)?.body;
    const { offset, length } = options.range ?? { offset: 0, length: body?.length ?? 0 };
    return body?.slice(offset, offset + length);
  }

  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const all = checkDelete(keys, options);
    options.signal?.throwIfAborted();
    for (const key of all) this.#objects.delete(key);
  }

  // For a store that lists page by page, `@wf/core/adapter` has `listByPages`.
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    const { startAfter = "", signal } = options;
    signal?.throwIfAborted();
    for (const key of [...this.#objects.keys()].sort()) {
      if (!key.startsWith(prefix) || key <= startAfter) continue;
      signal?.throwIfAborted();
      const object = this.#objects.get(key);
      if (object === undefined) continue;
      yield { key, size: object.body.length, lastModified: object.lastModified };
    }
  }
}
