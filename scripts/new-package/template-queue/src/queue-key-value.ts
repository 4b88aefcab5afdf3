import type { KeyValue, KeyValueEntry, Page, PageOptions } from "@wf/core";
import { checkBytes, checkKvKey, checkKvValue, checkText, pageLimit } from "@wf/core/adapter";
import type { TemplateDatabase } from "./template-database.ts";

/** Runs its argument as a transaction of the queue. */
type Transact = <T>(work: () => T) => T;

export class QueueKeyValue implements KeyValue {
  readonly #database: TemplateDatabase;
  readonly #transact: Transact;

  constructor(database: TemplateDatabase, transact: Transact) {
    this.#database = database;
    this.#transact = transact;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKvKey(key);
    return this.#transact(() => this.#database.entries.get(key)?.slice());
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    checkKvKey(key);
    checkKvValue(key, value);
    this.#transact(() => this.#database.setEntry(key, new Uint8Array(value)));
  }

  async delete(key: string): Promise<void> {
    checkKvKey(key);
    this.#transact(() => this.#database.setEntry(key, undefined));
  }

  async compareAndPut(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    checkKvValue(key, value);
    return this.#compareAndSet(key, expected, new Uint8Array(value));
  }

  async compareAndDelete(key: string, expected: Uint8Array): Promise<boolean> {
    checkBytes(expected, "expected");
    return this.#compareAndSet(key, expected, undefined);
  }

  async scan(prefix: string, page: PageOptions = {}): Promise<Page<KeyValueEntry>> {
    checkText(prefix, "prefix");
    const limit = pageLimit(page);
    const { after } = page;
    return this.#transact(() => {
      const keys = [...this.#database.entries.keys()]
        .filter((key) => key.startsWith(prefix))
        .filter((key) => after === undefined || byBytes(key, after) > 0)
        .sort(byBytes);
      const items = keys.slice(0, limit).map((key) => {
        const value = this.#database.entries.get(key) as Uint8Array;
        return { key, value: value.slice() };
      });
      return { items, next: keys.length > limit ? items.at(-1)?.key : undefined };
    });
  }

  #compareAndSet(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array | undefined,
  ): boolean {
    checkKvKey(key);
    if (expected !== undefined) checkBytes(expected, "expected");
    return this.#transact(() => {
      const held = this.#database.entries.get(key);
      const isEqual = held && expected ? byteOrder(held, expected) === 0 : held === expected;
      if (isEqual) this.#database.setEntry(key, value);
      return isEqual;
    });
  }
}

/** Not the order of UTF-16, which is another one beyond U+D7FF. */
function byBytes(a: string, b: string): number {
  return byteOrder(Buffer.from(a), Buffer.from(b));
}

function byteOrder(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
