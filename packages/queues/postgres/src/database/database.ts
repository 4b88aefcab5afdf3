import { type Clock, type RandomSource, WfError } from "@wf/core";
import type { PostgresPool, PostgresPoolClient } from "./client.ts";
import { classify, type Failure, type Stage, storeError } from "./failures.ts";
import { BEGIN, type Call, call, Session, TUNING, unprepared } from "./session.ts";

const READ_ONLY = "25006";
const ROLLBACK = unprepared("ROLLBACK");
/** A server that does not answer for so long is out of reach, though nothing says so. */
const ANSWER_MS = 60_000;
/** Of the waits between attempts. */
const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 1_000;
/** Attempts that follow at once, because what was in the way is gone most often. */
const AT_ONCE = 2;

export interface DatabaseOptions {
  readonly pool: PostgresPool;
  /** Whether the pool is this queue's: its connections have the settings that plans need, and it ends with it. */
  readonly isOwn: boolean;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly retryForMs: number;
}

/** A failure with what it means. */
export class DatabaseFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause: unknown) {
    super(failure.hint, { cause });
    this.failure = failure;
  }
}

/** The pool of connections: gives them out, and tells what their failures mean. */
export class Database {
  readonly retryForMs: number;
  readonly #pool: PostgresPool;
  readonly #isOwn: boolean;
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(options: DatabaseOptions) {
    this.#pool = options.pool;
    this.#isOwn = options.isOwn;
    this.#clock = options.clock;
    this.#random = options.random;
    this.retryForMs = options.retryForMs;
  }

  /** @throws DatabaseFailure */
  async connect(): Promise<PostgresPoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw failed(error, "connect");
    }
  }

  /**
   * Lends a connection to `work`, outside any transaction, and takes it back. Work that takes longer than a
   * minute, or `answerMs`, loses it.
   *
   * @throws DatabaseFailure, or what else `work` throws
   */
  async use<T>(
    work: (session: Session) => Promise<T>,
    options: { readonly answerMs?: number } = {},
  ): Promise<T> {
    const client = await this.connect();
    const session = new Session(client, {
      pipelined: client.pipeline === true,
      prepares: true,
    });
    // While it is lent the pool does not listen, and an error that nobody listens to ends the process.
    const onError = () => {};
    client.on("error", onError);
    const answered = new AbortController();
    this.#clock.sleep(options.answerMs ?? ANSWER_MS, answered.signal).then(
      () => client.connection?.stream.destroy(),
      () => {}, // answered
    );
    let isUsable = false;
    try {
      const result = await work(session);
      isUsable = true;
      return result;
    } catch (error) {
      isUsable = await rolledBack(session, error);
      throw error instanceof DatabaseFailure || error instanceof WfError
        ? error
        : failed(error, session.committing ? "commit" : "work");
    } finally {
      answered.abort("answered"); // without a reason it would make an error each time
      client.removeListener("error", onError);
      client.release(!isUsable);
    }
  }

  /** What begins a transaction in which prepared statements may run. */
  begin(...settings: readonly string[]): Call {
    const all = this.#isOwn ? settings : [...TUNING, ...settings];
    return call(unprepared([BEGIN, ...all.map((setting) => `SET LOCAL ${setting}`)].join(";")));
  }

  /**
   * Does `work` until it succeeds, for up to `retryForMs`; for what changes nothing if it is done twice.
   *
   * @throws StoreError
   */
  async insist<T>(doing: string, work: (session: Session) => Promise<T>): Promise<T> {
    const deadline = this.#clock.now() + this.retryForMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.use(work);
      } catch (error) {
        if (!(error instanceof DatabaseFailure)) throw error;
        const { failure, cause } = error;
        const isHopeless = failure.reaction === "fail" || failure.reaction === "isolate";
        if (isHopeless || !(await this.mayRetry(attempt, deadline))) {
          throw storeError(failure, cause, doing);
        }
      }
    }
  }

  /** Waits until the next attempt may be made. False where it would come after `deadline`. */
  async mayRetry(attempt: number, deadline: number): Promise<boolean> {
    const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempt - AT_ONCE), LONGEST_WAIT_MS);
    const wait = attempt < AT_ONCE ? 0 : Math.ceil(longest * (0.5 + 0.5 * this.#random()));
    if (this.#clock.now() + wait > deadline) return false;
    if (wait > 0) await this.#clock.sleep(wait);
    return true;
  }

  async end(): Promise<void> {
    if (this.#isOwn) await this.#pool.end();
  }
}

function failed(error: unknown, stage: Stage): DatabaseFailure {
  return new DatabaseFailure(classify(error, stage), error);
}

/** Whether the connection is good for others after `error`. */
async function rolledBack(session: Session, error: unknown): Promise<boolean> {
  if (!(error instanceof WfError) && connectionIsLost(error)) return false;
  try {
    // Outside a transaction this is no more than a warning.
    await session.run(ROLLBACK);
    return true;
  } catch {
    return false; // the failure that brought it here is the one to tell
  }
}

function connectionIsLost(error: unknown): boolean {
  // A server that takes no writes may have been followed by another at the same address.
  return (
    classify(error, "commit").reaction === "check" ||
    (error as { code?: unknown }).code === READ_ONLY
  );
}
