import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";

/** How much of the write at the crash is done; of a delete of several keys the first half, for `half`. */
export type CrashMoment = "before" | "half" | "after";

/** A store whose user dies at one of its writes: from then on no request has any effect or any answer. */
export class CrashingObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #crashAt: number;
  readonly #moment: CrashMoment;
  #writes = 0;
  crashed = false;

  /** @param crashAt the number of the write, from 0 */
  constructor(inner: ObjectStore, crashAt: number, moment: CrashMoment) {
    this.#inner = inner;
    this.#crashAt = crashAt;
    this.#moment = moment;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#write(
      () => this.#inner.put(key, body, options),
      async () => {},
    );
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    const all = typeof keys === "string" ? [keys] : keys;
    return this.#write(
      () => this.#inner.delete(keys, options),
      () => this.#inner.delete(all.slice(0, all.length / 2)),
    );
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    return this.crashed ? never() : this.#inner.get(key, options);
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    if (this.crashed) await never();
    yield* this.#inner.list(prefix, options);
  }

  async #write(whole: () => Promise<void>, half: () => Promise<void>): Promise<void> {
    if (this.crashed) return never();
    if (this.#writes++ !== this.#crashAt) return whole();
    this.crashed = true;
    if (this.#moment === "after") await whole();
    if (this.#moment === "half") await half();
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
