import { DatabaseSync } from "node:sqlite";
import {
  type Clock,
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  StoreError,
  systemClock,
} from "@wf/core";
import {
  checkDelete,
  checkGet,
  checkListing,
  checkPut,
} from "@wf/core/adapter";

const PAGE = 100;

/**
 * An object store in one SQLite file. Processes of one machine may share it.
 */
export class SqliteObjectStore implements ObjectStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor({ path, clock = systemClock }: { path: string; clock?: Clock }) {
    this.#clock = clock;
    this.#database = new DatabaseSync(path, { timeout: 5_000 });
    // FULL: a commit is on disk when it returns, which is what a resolved put
    // promises.
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS objects (
        key TEXT PRIMARY KEY, body BLOB NOT NULL, modified INTEGER NOT NULL
      ) WITHOUT ROWID;
    `);
  }

  // #region put
  async put(
    key: string,
    body: Uint8Array,
    options: PutOptions = {},
  ): Promise<void> {
    checkPut(key, body, options);
    options.signal?.throwIfAborted();
    const insert = options.ifAbsent
      ? "INSERT INTO objects VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
      : "INSERT OR REPLACE INTO objects VALUES (?, ?, ?)";
    const { changes } = this.#run("write", key, insert, (statement) =>
      statement.run(key, body, this.#clock.now()),
    );
    if (changes === 0) {
      throw new StoreError(
        "WF_STORE_ALREADY_EXISTS",
        `${key}: there is an object`,
        { key },
      );
    }
  }
  // #endregion put

  async get(
    key: string,
    options: GetOptions = {},
  ): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    options.signal?.throwIfAborted();
    const row = this.#run(
      "read",
      key,
      "SELECT body FROM objects WHERE key = ?",
      (statement) => statement.get(key),
    );
    if (row === undefined) return undefined;
    const body = row["body"] as Uint8Array;
    const { offset = 0, length = body.length } = options.range ?? {};
    return body.subarray(offset, offset + length);
  }

  async delete(
    keys: string | readonly string[],
    options: StoreCallOptions = {},
  ): Promise<void> {
    const all = checkDelete(keys, options);
    options.signal?.throwIfAborted();
    // One statement, so that it is one commit.
    const remove =
      "DELETE FROM objects WHERE key IN (SELECT value FROM json_each(?))";
    this.#run("write", all[0] ?? "", remove, (statement) =>
      statement.run(JSON.stringify(all)),
    );
  }

  // #region list
  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    // SQLite compares text by its bytes. Keys are ASCII, so all that start so
    // are before DEL.
    const page = `
      SELECT key, length(body) AS size, modified AS lastModified FROM objects
      WHERE key >= ?1 AND key < ?1 || char(127) AND key > ?2
      ORDER BY key LIMIT ${PAGE}`;
    let after = options.startAfter ?? "";
    options.signal?.throwIfAborted();
    for (;;) {
      const rows = this.#run("read", prefix, page, (statement) =>
        statement.all(prefix, after),
      );
      for (const row of rows as unknown as ObjectMeta[]) {
        options.signal?.throwIfAborted();
        yield row;
      }
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.["key"] as string;
    }
  }
  // #endregion list

  close(): void {
    this.#database.close();
  }

  // #region errors
  /**
   * What a failure says of the data is the adapter's to know: nothing
   * happened, or perhaps it did.
   */
  #run<T>(
    kind: "read" | "write",
    key: string,
    sql: string,
    use: (statement: ReturnType<DatabaseSync["prepare"]>) => T,
  ): T {
    try {
      return use(this.#database.prepare(sql));
    } catch (error) {
      // https://www.sqlite.org/rescode.html: 3 PERM, 8 READONLY, 10 IOERR
      const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
      const denied = code === 3 || code === 8;
      const unknown = kind === "write" && code === 10;
      throw new StoreError(
        denied
          ? "WF_STORE_DENIED"
          : unknown
            ? "WF_STORE_OUTCOME_UNKNOWN"
            : "WF_STORE_UNAVAILABLE",
        `${key}: the database failed: ${(error as Error).message}`,
        { key, cause: error },
      );
    }
  }
  // #endregion errors
}
