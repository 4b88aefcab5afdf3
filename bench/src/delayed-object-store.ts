import {
  type Clock,
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  systemClock,
} from "@wf/core";

/** A store whose every request takes as long as `latencyMs` says, as one in a cloud does. */
export class DelayedObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #latencyMs: () => number;
  readonly #clock: Clock;

  constructor(store: ObjectStore, latencyMs: () => number, clock: Clock = systemClock) {
    this.#store = store;
    this.#latencyMs = latencyMs;
    this.#clock = clock;
  }

  async put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    await this.#delay();
    await this.#store.put(key, body, options);
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    await this.#delay();
    return await this.#store.get(key, options);
  }

  async delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    await this.#delay();
    await this.#store.delete(keys, options);
  }

  /** One request for each 1,000 objects. */
  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectMeta> {
    await this.#delay();
    let listed = 0;
    for await (const meta of this.#store.list(prefix, options)) {
      yield meta;
      if (++listed % 1_000 === 0) await this.#delay();
    }
  }

  #delay(): Promise<void> {
    return this.#clock.sleep(this.#latencyMs());
  }
}

/** Evenly between `from` and `to` milliseconds, the same for the same seed. */
export function latencyBetween(from: number, to: number, random: () => number): () => number {
  return () => from + random() * (to - from);
}
