import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";

/** A store that can only be read, and only until `signal` is aborted. */
export class ReadOnlyStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #signal: AbortSignal;

  constructor(inner: ObjectStore, signal: AbortSignal) {
    this.#inner = inner;
    this.#signal = signal;
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    return this.#inner.get(key, { ...options, signal: this.#signal });
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    return this.#inner.list(prefix, { ...options, signal: this.#signal });
  }

  put(key: string, _body: Uint8Array, _options?: PutOptions): Promise<void> {
    return Promise.reject(new TypeError(`a reader was about to write ${key}`));
  }

  delete(keys: string | readonly string[], _options?: StoreCallOptions): Promise<void> {
    return Promise.reject(new TypeError(`a reader was about to delete ${keys}`));
  }
}
