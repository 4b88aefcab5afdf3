import { setImmediate as turn } from "node:timers/promises";
import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  RandomSource,
  StoreCallOptions,
} from "@wf/core";

const MOST_TURNS = 6;

/** Does each request after a random while, and answers after another: requests overtake one another. */
export class ReorderingObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #random: RandomSource;

  constructor(inner: ObjectStore, random: RandomSource) {
    this.#inner = inner;
    this.#random = random;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#late(() => this.#inner.put(key, body, options));
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    return this.#late(() => this.#inner.get(key, options));
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    return this.#late(() => this.#inner.delete(keys, options));
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    await this.#turns();
    yield* this.#inner.list(prefix, options);
  }

  async #late<T>(request: () => Promise<T>): Promise<T> {
    await this.#turns();
    try {
      return await request();
    } finally {
      await this.#turns();
    }
  }

  async #turns(): Promise<void> {
    for (let left = Math.floor(this.#random() * MOST_TURNS); left > 0; left--) await turn();
  }
}
