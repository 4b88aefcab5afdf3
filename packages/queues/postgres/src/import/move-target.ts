import { hash } from "node:crypto";
import { MAX_DURATION_MS, StoreError, WfError } from "@wf/core";
import { Database, DatabaseFailure } from "../database/database.ts";
import { storeError } from "../database/failures.ts";
import { makePool } from "../database/make-pool.ts";
import { type Session, unprepared } from "../database/session.ts";
import { migrate } from "../layout/migrate.ts";
import type { Schema } from "../layout/schema-name.ts";
import { type PostgresQueueOptions, type ResolvedOptions, resolveOptions } from "../options.ts";
import { MoveRecord } from "./move-record.ts";

/** Of a process that has vanished, or is held up, until it gives up what it holds. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
  SET LOCAL idle_in_transaction_session_timeout = '1h';
  SET LOCAL statement_timeout = 0;
  SET LOCAL lock_timeout = '30s';
  SET LOCAL synchronous_commit = on`;
/** All that a queue has; lanes and watches are of its processes. */
const TABLES = ["jobs", "finished", "kv", "queue_names", "done_counts"];
const TOKEN_BYTES = 16;

/** The schema that a queue moves to, or comes back from. */
export class MoveTarget {
  readonly schema: Schema;
  readonly #database: Database;
  readonly #options: ResolvedOptions;

  /**
   * Reaches the server, and with `create` brings the schema to the newest layout.
   *
   * @throws WF_LAYOUT_UNSUPPORTED, WF_STORE_UNAVAILABLE, WF_STORE_UNAUTHENTICATED, WF_STORE_DENIED,
   *   WF_STORE_NOT_INITIALIZED, bad options by their own codes
   */
  static async open(
    given: PostgresQueueOptions,
    { create }: { readonly create: boolean },
  ): Promise<MoveTarget> {
    const options = resolveOptions(given);
    const { source, clock, random, retryForMs } = options;
    const isOwn = "connectionString" in source;
    const pool = isOwn ? makePool(source.connectionString, 2) : source.pool;
    const database = new Database({ pool, isOwn, clock, random, retryForMs });
    const target = new MoveTarget(options, database);
    try {
      if (create) {
        await target.#use((session) => migrate(session, options.schema));
        await target.exclusively((session) => target.record.create(session, target.newToken()));
      } else if (!(await target.#use((session) => target.record.exists(session)))) {
        throw new WfError(
          "WF_INVALID_STATE",
          `nothing was ever moved to schema "${options.schema.name}" of this database: give the place that the ` +
            `queue was moved to`,
        );
      }
      return target;
    } catch (error) {
      await target.close();
      throw error;
    }
  }

  private constructor(options: ResolvedOptions, database: Database) {
    this.schema = options.schema;
    this.#options = options;
    this.#database = database;
  }

  get record(): MoveRecord {
    return new MoveRecord(this.schema);
  }

  /** For ids that nobody else has. */
  newToken(): string {
    const { random } = this.#options;
    const bytes = Array.from({ length: TOKEN_BYTES }, () => random() * 256);
    return Buffer.from(bytes).toString("base64url");
  }

  /**
   * Does `work` in one transaction, alone: no other move or undo is under way at this schema, and nobody writes to
   * its queue. All of it is done, or nothing.
   *
   * @throws WF_STORE_UNAVAILABLE where another one is under way, WF_STORE_OUTCOME_UNKNOWN where the answer to the
   *   commit was lost
   */
  exclusively<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#use(async (session) => {
      await session.run(unprepared(BEGIN));
      const lock = unprepared("SELECT pg_try_advisory_xact_lock($1::bigint)");
      const [row] = await session.run(lock, this.#lockKey);
      if (row?.[0] !== "t") throw this.#busy();
      const tables = TABLES.map((table) => `${this.schema.quoted}.${table}`).join(", ");
      await session.run(unprepared(`LOCK TABLE ${tables} IN SHARE ROW EXCLUSIVE MODE`));
      const result = await work(session);
      await session.commit([]);
      return result;
    });
  }

  /** Whether the queue here has never had anything. */
  async isEmpty(session: Session): Promise<boolean> {
    const exists = TABLES.map((table) => `EXISTS (SELECT FROM ${this.schema.quoted}.${table})`);
    const [row] = await session.run(unprepared(`SELECT NOT (${exists.join(" OR ")})`));
    return row?.[0] === "t";
  }

  async empty(session: Session): Promise<void> {
    const tables = [...TABLES, "watches"].map((table) => `${this.schema.quoted}.${table}`);
    await session.run(unprepared(`TRUNCATE ${tables.join(", ")}`));
  }

  /** What people call this place. */
  async describe(session: Session): Promise<string> {
    const [row] = await session.run(unprepared("SELECT current_database()"));
    return `schema "${this.schema.name}" of the PostgreSQL database "${row?.[0]}"`;
  }

  async close(): Promise<void> {
    await this.#database.end();
  }

  async #use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      // A move takes as long as it takes.
      return await this.#database.use(work, { answerMs: MAX_DURATION_MS });
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error;
      throw storeError(
        error.failure,
        error.cause,
        `could not move to or from schema "${this.schema.name}"`,
      );
    }
  }

  get #lockKey(): string {
    return hash("sha1", `wf move ${this.schema.name}`, "buffer").readBigInt64BE().toString();
  }

  #busy(): StoreError {
    return new StoreError(
      "WF_STORE_UNAVAILABLE",
      `another move or undo is under way at schema "${this.schema.name}": wait until it has ended; one that was ` +
        `killed is over when the server has noticed`,
    );
  }
}
