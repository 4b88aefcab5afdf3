import { hash } from "node:crypto";
import type { PostgresClient } from "./client.ts";

export interface Statement {
  readonly text: string;
  /** By which it is prepared once for each connection; undefined: it is planned each time. */
  readonly name: string | undefined;
}

export type Value = string | number | boolean | Buffer | null;
/** Every value as the server writes it. */
export type Row = readonly (string | null)[];

export interface Call {
  readonly statement: Statement;
  readonly values: readonly Value[];
}

/** A statement that is prepared; its plan is kept, so that it may only run with the settings of {@link TUNING}. */
export function prepared(text: string): Statement {
  // The text holds the schema, and one connection may serve several.
  return { text, name: `wf_${hash("sha1", text).slice(0, 20)}` };
}

/** A statement that is planned each time, for the tables as they are then. */
export function unprepared(text: string): Statement {
  return { text, name: undefined };
}

export function call(statement: Statement, ...values: readonly Value[]): Call {
  return { statement, values };
}

/**
 * A queue's tables are small at one moment and large at the next, so that a plan made for the small ones would
 * be ruinous. With these, every plan goes by the indexes. The timeouts give up what a process that has vanished
 * would hold.
 */
export const TUNING: readonly string[] = [
  "enable_seqscan = off",
  "enable_bitmapscan = off",
  "enable_hashjoin = off",
  "enable_mergejoin = off",
  "plan_cache_mode = force_generic_plan",
  "jit = off",
  "idle_in_transaction_session_timeout = '15s'",
  "lock_timeout = '2s'",
];

export const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const COMMIT = call(unprepared("COMMIT"));
/** Values are taken as they are written, whatever parsers the program has set in `pg`. */
const AS_WRITTEN = { getTypeParser: () => (value: string) => value };

/** One connection, for as long as it is checked out. */
export class Session {
  readonly #client: PostgresClient;
  readonly #pipelined: boolean;
  readonly #prepares: boolean;
  /** Whether a commit was sent, so that a lost connection leaves it open whether it happened. */
  committing = false;

  /** @param options.prepares whether prepared statements may be prepared; else they are planned each time */
  constructor(
    client: PostgresClient,
    options: { readonly pipelined: boolean; readonly prepares: boolean },
  ) {
    this.#client = client;
    this.#pipelined = options.pipelined;
    this.#prepares = options.prepares;
  }

  async run(statement: Statement, ...values: readonly Value[]): Promise<readonly Row[]> {
    return await this.#send({ statement, values });
  }

  /** Runs the calls in their order, in one round trip where the connection can. Fails as the first that fails. */
  async runAll(calls: readonly Call[]): Promise<(readonly Row[])[]> {
    if (!this.#pipelined) {
      const results: (readonly Row[])[] = [];
      for (const each of calls) results.push(await this.#send(each));
      return results;
    }
    // Those after a failure fail as well, because the transaction is aborted.
    const outcomes = await Promise.allSettled(calls.map((each) => this.#send(each)));
    return outcomes.map((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    });
  }

  /** Runs the calls and commits: after this the connection is in no transaction. */
  async commit(calls: readonly Call[]): Promise<(readonly Row[])[]> {
    if (this.#pipelined) {
      this.committing = true;
      return (await this.runAll([...calls, COMMIT])).slice(0, -1);
    }
    const results = await this.runAll(calls);
    this.committing = true;
    await this.#send(COMMIT);
    return results;
  }

  async #send({ statement, values }: Call): Promise<readonly Row[]> {
    const { text, name } = statement;
    const { rows } = await this.#client.query({
      text,
      ...(name !== undefined && this.#prepares && { name }),
      ...(values.length > 0 && { values: [...values] }),
      rowMode: "array",
      types: AS_WRITTEN,
    });
    return rows as Row[];
  }
}
