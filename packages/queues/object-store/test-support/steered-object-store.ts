import {
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  StoreError,
} from "@wf/core";
import { MemoryObjectStore } from "@wf/testing";

/** A put that waits for the test to decide about it. */
export class HeldPut {
  readonly key: string;
  readonly #land: () => Promise<void>;
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void };

  constructor(
    key: string,
    land: () => Promise<void>,
    settle: { resolve: () => void; reject: (error: unknown) => void },
  ) {
    this.key = key;
    this.#land = land;
    this.#settle = settle;
  }

  /** The store does it and says so. */
  async finish(): Promise<void> {
    await this.#land().then(this.#settle.resolve, this.#settle.reject);
    await turn();
  }

  /** The store does it and the answer is lost. */
  async loseAnswer(): Promise<void> {
    await this.#land();
    this.#settle.reject(new StoreError("WF_STORE_OUTCOME_UNKNOWN", "the answer was lost"));
    await turn();
  }

  /** The store does not do it. */
  async fail(): Promise<void> {
    this.#settle.reject(new StoreError("WF_STORE_UNAVAILABLE", "the store is down"));
    await turn();
  }
}

/** A store in memory whose puts can be held back and decided one by one. Counts every request. */
export class SteeredObjectStore implements ObjectStore {
  readonly inner: ObjectStore;
  readonly held: HeldPut[] = [];
  holding = false;
  requests = 0;

  constructor(inner: ObjectStore = new MemoryObjectStore()) {
    this.inner = inner;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    this.requests++;
    if (!this.holding) return this.inner.put(key, body, options);
    return new Promise((resolve, reject) => {
      const land = () => this.inner.put(key, body, options);
      this.held.push(new HeldPut(key, land, { resolve, reject }));
    });
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    this.requests++;
    return this.inner.get(key, options);
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    this.requests++;
    return this.inner.delete(keys, options);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    this.requests++;
    return this.inner.list(prefix, options);
  }

  /** The held puts that were not looked at yet, after a few turns for them to come. */
  async takeHeld(): Promise<HeldPut[]> {
    await turn();
    if (this.held.length === 0) throw new Error("no put is held");
    return this.held.splice(0);
  }
}

/** Leaves a few turns of the event loop to what is under way. */
export async function turn(): Promise<void> {
  for (let count = 0; count < 4; count++) await new Promise((done) => setImmediate(done));
}
