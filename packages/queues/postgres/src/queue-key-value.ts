import type { CommitResult, Effects, KeyValueEntry, Page, PageOptions } from "@wf/core";
import { CommittedKeyValue, checkKvKey, checkText, pageLimit } from "@wf/core/adapter";
import { arrays } from "./database/array-parameter.ts";
import type { Database } from "./database/database.ts";
import { type Statement, unprepared } from "./database/session.ts";
import { Gather } from "./gather.ts";
import { bytes, text } from "./job-columns.ts";
import type { Schema } from "./layout/schema-name.ts";

/** The KV side of a queue: reads from the database, writes as commits. */
export class QueueKeyValue extends CommittedKeyValue {
  readonly #database: Database;
  readonly #checkOpen: () => void;
  readonly #scan: Statement;
  readonly #values: Gather<string, Uint8Array | undefined>;

  constructor(
    database: Database,
    { quoted }: Schema,
    checkOpen: () => void,
    commit: (effects: Effects) => Promise<CommitResult>,
  ) {
    super(commit);
    this.#database = database;
    this.#checkOpen = checkOpen;
    this.#scan = unprepared(
      `SELECT encode(key, 'hex'), encode(value, 'hex') FROM ${quoted}.kv
      WHERE key >= $1::bytea AND key > $2::bytea AND ($3::bytea IS NULL OR key < $3::bytea)
      ORDER BY key LIMIT $4::bigint`,
    );
    const get = unprepared(
      `SELECT encode(key, 'hex'), encode(value, 'hex') FROM ${quoted}.kv WHERE key = ANY ($1::bytea[])`,
    );
    this.#values = new Gather((keys) => this.#getAll(get, keys));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    checkKvKey(key);
    return await this.#values.get(key);
  }

  async scan(prefix: string, page?: PageOptions): Promise<Page<KeyValueEntry>> {
    this.#checkOpen();
    checkText(prefix, "prefix");
    const limit = pageLimit(page);
    const start = Buffer.from(prefix);
    const after = Buffer.from(page?.after ?? "");
    const rows = await this.#database.insist("scan the KV", (session) =>
      session.run(this.#scan, start, after, endOf(start), limit + 1),
    );
    const items = rows.slice(0, limit).map(([key, value]) => ({
      key: text(key) as string,
      value: bytes(value) as Uint8Array,
    }));
    return { items, next: rows.length > limit ? items.at(-1)?.key : undefined };
  }

  async #getAll(get: Statement, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const values = arrays.bytea(keys.map((key) => Buffer.from(key)));
    const rows = await this.#database.insist("read the KV", (session) => session.run(get, values));
    const found = new Map(rows.map(([key, value]) => [text(key) as string, value]));
    // A copy for each who asks.
    return keys.map((key) => bytes(found.get(key)));
  }
}

/** The first key after all that start with `prefix`; null: there is none. In UTF-8 no byte is 255. */
function endOf(prefix: Buffer): Buffer | null {
  if (prefix.length === 0) return null;
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end[end.length - 1] as number) + 1;
  return end;
}
