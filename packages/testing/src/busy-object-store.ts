import { setImmediate as turn } from "node:timers/promises";
import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";
import { checkObjectStore } from "@wf/core/adapter";

/** Turns of the event loop without a request after which nobody is about to make one. */
const QUIET_TURNS = 8;

/**
 * Knows when nothing is under way over a store whose answers take real time: a directory, a server. For tests on
 * virtual time, which must not move on while an answer is on its way. All calls are passed on.
 *
 * @example
 * const store = new BusyObjectStore(new FileSystemObjectStore({ root }));
 * const clock = new MockClock();
 * const queue = await ObjectStoreQueue.open(store, { prefix: "queue", clock });
 * // What `queueConformance` and `workflowConformance` are given to move time:
 * const advance = async (duration: Duration) => {
 *   await store.idle();
 *   await clock.advance(duration);
 *   await store.idle();
 * };
 */
export class BusyObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  #underWay = 0;

  /** Passes all calls on to `store`. */
  constructor(store: ObjectStore) {
    checkObjectStore(store);
    this.#store = store;
  }

  /**
   * Resolves when no call is under way and none has begun for some turns of the event loop, so that the program
   * has come to wait for time or for an event. Of a listing, only the wait for its next object counts.
   */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await turn();
      if (this.#underWay > 0) quiet = -1;
    }
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#during(this.#store.put(key, body, options));
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    return this.#during(this.#store.get(key, options));
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    return this.#during(this.#store.delete(keys, options));
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectMeta> {
    const listing = this.#store.list(prefix, options)[Symbol.asyncIterator]();
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

  async #during<T>(request: Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await request;
    } finally {
      this.#underWay--;
    }
  }
}
