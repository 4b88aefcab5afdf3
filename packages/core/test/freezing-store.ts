import type { ObjectMeta, ObjectStore, PutOptions } from "@wf/core";

/** When a process is killed: at its n-th write, before or after that takes effect. */
export interface Kill {
  readonly write: number;
  readonly applied: boolean;
}

/** A store as a process sees it that is killed at one of its writes: from then on nothing is answered. */
export class FreezingObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #kill: Kill | undefined;
  writes = 0;

  constructor(inner: ObjectStore, kill: Kill | undefined) {
    this.#inner = inner;
    this.#kill = kill;
  }

  get isFrozen(): boolean {
    return this.#kill !== undefined && this.writes >= this.#kill.write;
  }

  async put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    if (this.isFrozen) return await never();
    this.writes++;
    if (!this.isFrozen) return await this.#inner.put(key, body, options);
    if (this.#kill?.applied) await this.#inner.put(key, body, options);
    return await never();
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.isFrozen ? await never() : await this.#inner.get(key);
  }

  async delete(keys: string | readonly string[]): Promise<void> {
    if (this.isFrozen) return await never();
    await this.#inner.delete(keys);
  }

  async *list(prefix: string, options?: { startAfter?: string }): AsyncGenerator<ObjectMeta> {
    if (this.isFrozen) await never();
    yield* this.#inner.list(prefix, options);
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
