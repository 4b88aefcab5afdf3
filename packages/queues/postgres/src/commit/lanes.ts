import { StoreError } from "@wf/core";
import { type Database, DatabaseFailure } from "../database/database.ts";
import { storeError } from "../database/failures.ts";
import {
  type Call,
  call,
  prepared,
  type Session,
  type Statement,
  unprepared,
} from "../database/session.ts";
import { nowSql, type QueueClock } from "../time/queue-clock.ts";

/** What makes the commit of an attempt known afterwards. */
export interface Mark {
  readonly lane: string;
  readonly number: number;
  /** Writes the number; fails where the lane was taken away. */
  readonly call: Call;
}

/** Work that ends in a commit which must happen once, however its answer comes or does not. */
export interface MarkedWork<T> {
  /** As in "could not enqueue". */
  readonly name: string;
  /** When to give up, in ms since the epoch. */
  readonly deadline: number;
  /** Begins, writes the mark, works and commits. What commits nothing needs no mark. */
  attempt(session: Session, mark: Mark): Promise<T>;
  /** The answer, where the commit of the last attempt is known to have happened while its own answer was lost. */
  recovered(): Promise<T>;
  /** What an attempt took for granted does not hold. */
  assumeNothing?(): void;
  /** Whether whoever runs it knows what to do where something that it needs is held by others, or one part fails. */
  readonly isDivisible?: boolean;
}

interface Lane {
  /** Undefined until it is first used. */
  id: string | undefined;
  number: number;
}

/**
 * The places from which this process commits, each for one transaction at a time. A lane has a row, in which each
 * transaction writes its number. Where the answer to a commit is lost, that row says whether it has happened: it is
 * marked as retired first, which waits for a transaction that is still at it and makes one that comes late fail.
 */
export class Lanes {
  readonly #database: Database;
  readonly #clock: QueueClock;
  readonly #mark: Statement;
  readonly #add: Statement;
  readonly #retire: Statement;
  readonly #free: Lane[];
  readonly #waiting: ((lane: Lane) => void)[] = [];

  constructor(
    database: Database,
    clock: QueueClock,
    schema: string,
    count: number,
    mark: Statement,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#mark = mark;
    this.#add = unprepared(
      `INSERT INTO ${schema}.lanes (used_at) VALUES (${nowSql("$1")}) RETURNING id`,
    );
    this.#retire = prepared(
      `UPDATE ${schema}.lanes SET retired = true WHERE id = $1::bigint RETURNING number`,
    );
    this.#free = Array.from({ length: count }, () => ({ id: undefined, number: 0 }));
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /**
   * Does `work` in a lane, waiting for one; tries again what failed and may be tried again.
   *
   * @throws DatabaseFailure where the work is to be done apart; StoreError for what cannot be helped; what `work`
   *   throws
   */
  async run<T>(work: MarkedWork<T>): Promise<T> {
    const lane = this.#free.pop() ?? (await new Promise<Lane>((give) => this.#waiting.push(give)));
    try {
      return await this.#run(lane, work);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(lane);
      else next(lane);
    }
  }

  async #run<T>(lane: Lane, work: MarkedWork<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#database.use((session) => this.#attempt(session, lane, work));
      } catch (error) {
        if (!(error instanceof DatabaseFailure)) throw error;
        const { reaction } = error.failure;
        if (work.isDivisible && (reaction === "split" || reaction === "isolate")) throw error;
        if (reaction === "fail" || reaction === "isolate") throw this.#hopeless(error, work);
        if (reaction === "check" && (await this.#hasCommitted(lane, error, work))) {
          return await work.recovered();
        }
        if (reaction === "read") {
          work.assumeNothing?.();
          lane.id = undefined;
        }
        if (!(await this.#database.mayRetry(attempt, work.deadline))) {
          throw this.#hopeless(error, work);
        }
      }
    }
  }

  async #attempt<T>(session: Session, lane: Lane, work: MarkedWork<T>): Promise<T> {
    const now = this.#clock.parameter;
    if (lane.id === undefined) {
      const [row] = await session.run(this.#add, now);
      lane.id = row?.[0] as string;
      lane.number = 0;
    }
    const number = ++lane.number;
    const marking = call(this.#mark, now, lane.id, number);
    return await work.attempt(session, { lane: lane.id, number, call: marking });
  }

  /**
   * Whether the last transaction of the lane has committed; afterwards it cannot any more.
   *
   * @throws StoreError WF_STORE_OUTCOME_UNKNOWN where the database cannot be asked in time
   */
  async #hasCommitted(
    lane: Lane,
    lost: DatabaseFailure,
    work: MarkedWork<unknown>,
  ): Promise<boolean> {
    const { id, number } = lane;
    for (let attempt = 0; ; attempt++) {
      try {
        const [row] = await this.#database.use((session) =>
          this.#retireLane(session, id as string),
        );
        lane.id = undefined;
        if (row === undefined)
          throw this.#unknown(lost, work, "its mark has been removed meanwhile");
        return Number(row[0]) === number;
      } catch (error) {
        if (error instanceof StoreError) throw error;
        if (!(error instanceof DatabaseFailure)) throw error;
        if (await this.#database.mayRetry(attempt, work.deadline)) continue;
        lane.id = undefined;
        throw this.#unknown(lost, work, `${error.failure.hint} since`);
      }
    }
  }

  async #retireLane(session: Session, id: string): Promise<readonly (string | null)[][]> {
    const begin = this.#database.begin("lock_timeout = '20s'");
    const [, rows] = await session.commit([begin, call(this.#retire, id)]);
    return rows as (string | null)[][];
  }

  /** It was not done: what was left open has been found out. */
  #hopeless({ failure, cause }: DatabaseFailure, { name }: MarkedWork<unknown>): StoreError {
    const { code } = failure;
    const known = code === "WF_STORE_OUTCOME_UNKNOWN" ? "WF_STORE_UNAVAILABLE" : code;
    return storeError({ ...failure, code: known }, cause, `could not ${name}`);
  }

  #unknown(lost: DatabaseFailure, { name }: MarkedWork<unknown>, reason: string): StoreError {
    return new StoreError(
      "WF_STORE_OUTCOME_UNKNOWN",
      `it is not known whether this happened: ${name}; ${lost.failure.hint}, and ${reason}; ` +
        `look before you repeat it`,
      { cause: lost.cause },
    );
  }
}
