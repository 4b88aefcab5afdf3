import {
  type Clock,
  isPermanent,
  type ListOptions,
  type Logger,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type RandomSource,
  StoreError,
} from "@wf/core";
import { backoffMs } from "@wf/core/adapter";
import { STORE_BACKOFF } from "./create-surely.ts";

/** With full jitter about 15 s in all. */
const MAX_TRIES = 10;

interface PatientObjectStoreOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
}

/**
 * A store as an opening needs it: one request of hundreds that fails in passing does not end the opening, which
 * would leave another epoch behind for the next one to read. What goes on failing is thrown.
 */
export class PatientObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #options: PatientObjectStoreOptions;

  constructor(store: ObjectStore, options: PatientObjectStoreOptions) {
    this.#store = store;
    this.#options = options;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#again(`put ${key}`, () => this.#store.put(key, body, options));
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#again(`get ${key}`, () => this.#store.get(key));
  }

  delete(keys: string | readonly string[]): Promise<void> {
    return this.#again("delete", () => this.#store.delete(keys));
  }

  /** Goes on behind the last key that was given. */
  async *list(prefix: string, { startAfter }: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    let after = startAfter;
    for (let failures = 0; ; ) {
      try {
        for await (const meta of this.#store.list(prefix, { startAfter: after })) {
          after = meta.key;
          failures = 0;
          yield meta;
        }
        return;
      } catch (error) {
        await this.#wait(`list ${prefix}`, error, ++failures);
      }
    }
  }

  async #again<T>(what: string, request: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        return await request();
      } catch (error) {
        await this.#wait(what, error, ++failures);
      }
    }
  }

  /** @throws `error`, where it does not pass */
  async #wait(what: string, error: unknown, failures: number): Promise<void> {
    if (!(error instanceof StoreError) || isPermanent(error) || failures === MAX_TRIES) throw error;
    const { clock, random, logger } = this.#options;
    const waitMs = backoffMs(STORE_BACKOFF, failures, random);
    logger.warn({ err: error, what, failures, waitMs }, "opening a queue: trying again");
    await clock.sleep(waitMs);
  }
}
