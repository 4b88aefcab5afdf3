import { setImmediate as turn } from "node:timers/promises";
import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";

/** Turns of the event loop without a request after which nobody is about to make one. */
const QUIET_TURNS = 8;

/** Knows when nothing is under way, over a store whose answers take real time. */
export class BusyObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  #underWay = 0;

  constructor(inner: ObjectStore) {
    this.#inner = inner;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#during(this.#inner.put(key, body, options));
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    return this.#during(this.#inner.get(key, options));
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    return this.#during(this.#inner.delete(keys, options));
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectMeta> {
    const listing = this.#inner.list(prefix, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#during(listing.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await listing.return?.();
    }
  }

  /** Resolves when no request is under way and none has begun for some turns. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await turn();
      if (this.#underWay > 0) quiet = -1;
    }
  }

  async #during<T>(request: Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await request;
    } finally {
      this.#underWay--;
    }
  }
}
