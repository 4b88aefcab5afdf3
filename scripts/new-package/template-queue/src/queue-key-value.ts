import type { CommitResult, Effects, KeyValueEntry, Page, PageOptions } from "@wf/core";
import { CommittedKeyValue, checkKvKey, checkText, pageLimit } from "@wf/core/adapter";
import type { TemplateDatabase } from "./template-database.ts";

/** Runs its argument as a transaction of the queue. */
type Transact = <T>(work: () => T) => T;

/** The KV side of a queue: reads from the database, writes as commits. */
export class QueueKeyValue extends CommittedKeyValue {
  readonly #database: TemplateDatabase;
  readonly #transact: Transact;

  constructor(
    database: TemplateDatabase,
    transact: Transact,
    commit: (effects: Effects) => Promise<CommitResult>,
  ) {
    super(commit);
    this.#database = database;
    this.#transact = transact;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKvKey(key);
    return this.#transact(() => this.#database.entries.get(key)?.slice());
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
}

/** Not the order of UTF-16, which is another one beyond U+D7FF. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
