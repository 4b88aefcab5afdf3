/** Fetches at the same time. */
const MAX_UNDER_WAY = 2;
const MAX_KEYS = 1_000;

interface Asked<K, V> {
  readonly key: K;
  resolve(value: V): void;
  reject(reason: unknown): void;
}

/** Answers single questions together: those that come while others are under way share the next fetch. */
export class Gather<K, V> {
  readonly #fetch: (keys: readonly K[]) => Promise<readonly V[]>;
  #asked: Asked<K, V>[] = [];
  #underWay = 0;
  #isStarting = false;

  /** @param fetch gives the answers in the order of the keys, or fails for all of them */
  constructor(fetch: (keys: readonly K[]) => Promise<readonly V[]>) {
    this.#fetch = fetch;
  }

  get(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ key, resolve, reject });
      if (this.#isStarting) return;
      this.#isStarting = true;
      queueMicrotask(() => {
        this.#isStarting = false;
        this.#start();
      });
    });
  }

  #start(): void {
    while (this.#asked.length > 0 && this.#underWay < MAX_UNDER_WAY) {
      void this.#run(this.#asked.splice(0, MAX_KEYS));
    }
  }

  async #run(asked: readonly Asked<K, V>[]): Promise<void> {
    this.#underWay++;
    try {
      const values = await this.#fetch(asked.map(({ key }) => key));
      for (const [index, { resolve }] of asked.entries()) resolve(values[index] as V);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.#underWay--;
      this.#start();
    }
  }
}
