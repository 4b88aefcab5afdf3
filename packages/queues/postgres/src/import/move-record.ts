import { type Row, type Session, type Statement, unprepared } from "../database/session.ts";
import type { Schema } from "../layout/schema-name.ts";

/** What a move has brought. */
export interface MoveCounts {
  /** Jobs that can be claimed at once, those that were claimed among them. */
  readonly pending: number;
  /** Jobs whose time has not come. */
  readonly scheduled: number;
  /** Cut off in their last attempt: they die where the queue went to. */
  readonly dying: number;
  /** Done jobs that were still kept. */
  readonly done: number;
  /** Dead jobs that were still kept. */
  readonly dead: number;
  /** Names of queues that ever had a job. */
  readonly queues: number;
  /** KV entries, the workflow runtime's among them. */
  readonly entries: number;
}

/** What a schema says of the moves to it. */
export interface Recorded {
  /** This place's own, whatever it is called: a copy or a restored dump is taken for the same. */
  readonly target: string;
  /** The move whose queue is here; undefined: none. */
  readonly move: { readonly id: string; readonly counts: MoveCounts } | undefined;
}

/**
 * The one row of the table `move`, which is there once a move to this schema was begun. It is written in the
 * transaction that brings the jobs: whoever reads it knows whether they came.
 */
export class MoveRecord {
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  async create(session: Session, target: string): Promise<void> {
    const { quoted: s } = this.#schema;
    await session.run(
      unprepared(
        `CREATE TABLE IF NOT EXISTS ${s}.move (target text NOT NULL, id text, counts json, transaction bigint)`,
      ),
    );
    const insert = `INSERT INTO ${s}.move (target) SELECT $1::text WHERE NOT EXISTS (SELECT FROM ${s}.move)`;
    await session.run(unprepared(insert), target);
  }

  async exists(session: Session): Promise<boolean> {
    const find = unprepared("SELECT to_regclass($1)::text");
    const [row] = await session.run(find, `${this.#schema.quoted}.move`);
    return row?.[0] != null;
  }

  async read(session: Session): Promise<Recorded> {
    const read = unprepared(`SELECT target, id, counts::text FROM ${this.#schema.quoted}.move`);
    const [target, id, counts] = (await session.run(read))[0] as Row;
    return {
      target: target as string,
      move: id == null ? undefined : { id, counts: JSON.parse(counts as string) },
    };
  }

  async write(session: Session, id: string, counts: MoveCounts): Promise<void> {
    const write = unprepared(
      `UPDATE ${this.#schema.quoted}.move SET id = $1::text, counts = $2::json,
        transaction = pg_current_xact_id()::text::numeric % 4294967296`,
    );
    await session.run(write, id, JSON.stringify(counts));
  }

  async clear(session: Session): Promise<void> {
    const clear = `UPDATE ${this.#schema.quoted}.move SET id = NULL, counts = NULL, transaction = NULL`;
    await session.run(unprepared(clear));
  }

  /** Whether all is as the move has left it: its rows, and no others. */
  async isUntouched(session: Session, counts: MoveCounts): Promise<boolean> {
    const [row] = await session.run(this.#untouched(), JSON.stringify(expectedRows(counts)));
    return row?.[0] === "t";
  }

  #untouched(): Statement {
    const { quoted: s } = this.#schema;
    // A row carries the transaction that wrote it: PostgreSQL, "System Columns".
    const own = `(SELECT transaction::text FROM ${s}.move)`;
    const isWhole = (table: string) =>
      `(SELECT count(*) = ($1::json->>'${table}')::bigint
        AND count(*) FILTER (WHERE xmin::text = ${own}) = count(*) FROM ${s}.${table})`;
    return unprepared(`SELECT ${["jobs", "finished", "kv"].map(isWhole).join(" AND ")}`);
  }
}

function expectedRows(counts: MoveCounts): Record<"jobs" | "finished" | "kv", number> {
  const { pending, scheduled, dying, done, dead, entries } = counts;
  return { jobs: pending + scheduled + dying, finished: done + dead, kv: entries };
}
