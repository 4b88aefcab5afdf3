import type { GetOptions, ListOptions, ObjectMeta, ObjectStore } from "@wf/core";
import { StoreError } from "@wf/core";

/** A store as a reader may use it: a write fails the test. Counts the requests, and fails them while it is down. */
export class ReaderStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly requests: string[] = [];
  readonly writes: string[] = [];
  isDown = false;
  /** Called before each request, with the key or the prefix. */
  before: (request: string) => Promise<void> = async () => {};

  constructor(inner: ObjectStore) {
    this.#inner = inner;
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    await this.#request(`get ${key}`);
    return this.#inner.get(key, options);
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectMeta> {
    await this.#request(`list ${prefix}`);
    yield* this.#inner.list(prefix, options);
  }

  put(key: string): Promise<void> {
    return this.#refuse(`put ${key}`);
  }

  delete(keys: string | readonly string[]): Promise<void> {
    return this.#refuse(`delete ${keys}`);
  }

  /** The requests since this was last called. */
  takeRequests(): string[] {
    return this.requests.splice(0);
  }

  async #request(request: string): Promise<void> {
    this.requests.push(request);
    await this.before(request);
    if (this.isDown) throw new StoreError("WF_STORE_UNAVAILABLE", "the store is down");
  }

  #refuse(write: string): Promise<void> {
    this.writes.push(write);
    return Promise.reject(new StoreError("WF_STORE_DENIED", `a reader wrote: ${write}`));
  }
}
