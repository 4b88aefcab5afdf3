import type { Logger } from "@wf/core";
import { Alarm } from "@wf/core/adapter";
import type { OpenClaims } from "../claims/open-claims.ts";
import { type Database, DatabaseFailure } from "../database/database.ts";
import { call, type Row, type Statement, type Value } from "../database/session.ts";
import { number, text } from "../job-columns.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import type { Retention } from "./retention.ts";
import { UPKEEP_BATCH, type UpkeepName } from "./upkeep-statements.ts";

/** A job whose last lease has run out. */
export interface DyingJob {
  readonly id: string;
  readonly token: string;
  readonly queue: string;
  /** JSON. */
  readonly onDead: string | undefined;
}

export interface UpkeepOptions {
  readonly database: Database;
  readonly clock: QueueClock;
  readonly logger: Logger;
  readonly statements: Readonly<Record<UpkeepName, Statement>>;
  readonly claims: OpenClaims;
  readonly retention: Retention;
  readonly pollMs: number;
  /** Jobs of these queues have become pending; so many of each. */
  readonly onReady: (queues: ReadonlyMap<string, number>) => void;
  /** Decides the death of a job, unless its lease goes on after all; says whether it has died. */
  readonly die: (job: DyingJob) => Promise<boolean>;
  /** It is time to look for what nobody has told of. */
  readonly onPoll: () => void;
  /** Does what of the queue's own falls due; gives when the next does. */
  readonly onRing: (now: number) => number;
}

/** Until what is held by others at this moment is looked at again, doubled each time that it still is. */
const AGAIN_MS = 20;
const LONGEST_AGAIN_MS = 5_000;
const AFTER_FAILURE_MS = 1_000;

/**
 * Does what falls due as time passes: scheduled jobs, leases, retention. Every process does, each at the time of the
 * next thing that it knows of, and at least once every poll interval; jobs that another is at are left to that.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #alarm: Alarm;
  /** When the next scheduled job falls due and the next lease ends, and when to look in any case. */
  #dueAt = Number.NEGATIVE_INFINITY;
  #leaseEndsAt = Number.NEGATIVE_INFINITY;
  #pollAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  /** Times in a row that something was due still after all was done. */
  #timesHeld = 0;
  #isStopped = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#ring());
  }

  /** Looks now, whatever is known. */
  poll(): void {
    this.#pollAt = Number.NEGATIVE_INFINITY;
    this.#ring();
  }

  /** A scheduled job falls due at that time. */
  expectDue(at: number): void {
    this.#dueAt = Math.min(this.#dueAt, at);
    this.wakeAt(at);
  }

  /** A lease ends at that time, unless it is extended. */
  expectLeaseEnd(at: number): void {
    this.#leaseEndsAt = Math.min(this.#leaseEndsAt, at);
    this.wakeAt(at);
  }

  /** Something of the queue's own falls due at that time. */
  wakeAt(at: number): void {
    if (!this.#isStopped) this.#alarm.set(at);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#alarm.clear();
    await this.#running;
  }

  #ring(): void {
    const { clock, onRing } = this.#options;
    this.wakeAt(onRing(clock.now()));
    if (this.#running !== undefined || this.#isStopped) return;
    if (this.#nextTime() <= clock.now()) this.#running = this.#run();
    else this.wakeAt(this.#nextTime());
  }

  #nextTime(): number {
    const { claims, retention } = this.#options;
    const known = [this.#dueAt, this.#leaseEndsAt, this.#pollAt];
    return Math.min(...known, claims.nextExpiry(), retention.nextDeadline);
  }

  async #run(): Promise<void> {
    const { clock, logger, claims, pollMs } = this.#options;
    try {
      await this.#doAll();
    } catch (error) {
      const err = error instanceof DatabaseFailure ? error.cause : error;
      logger.warn({ err }, "what falls due could not be looked after; trying again");
      claims.warnOverdue();
      this.#running = undefined;
      // All of it, since it is not known how far it came.
      this.#pollAt = clock.now() + Math.min(pollMs, AFTER_FAILURE_MS);
      return this.wakeAt(this.#pollAt);
    }
    this.#running = undefined;
    const next = this.#nextTime();
    if (next > clock.now()) {
      this.#timesHeld = 0;
      return this.wakeAt(next);
    }
    this.wakeAt(clock.now() + Math.min(AGAIN_MS * 2 ** this.#timesHeld++, LONGEST_AGAIN_MS));
  }

  async #doAll(): Promise<void> {
    const { clock, claims, pollMs, retention, onPoll } = this.#options;
    const now = clock.now();
    const isPoll = this.#pollAt <= now;
    if (isPoll) this.#pollAt = now + pollMs;
    if (isPoll || this.#dueAt <= now) await this.#promote();
    if (isPoll || this.#leaseEndsAt <= now || claims.nextExpiry() <= now) await this.#takeBack();
    await claims.check(isPoll ? undefined : claims.overdue());
    await retention.sweep();
    if (isPoll) onPoll();
    await this.#askWhatIsNext();
  }

  async #promote(): Promise<void> {
    await this.#inBatches("promote", (rows) => {
      this.#options.onReady(countOf(rows.map(([queue]) => text(queue) as string)));
    });
  }

  async #takeBack(): Promise<void> {
    await this.#inBatches("takeBack", (rows) => {
      this.#options.claims.loseTaken(rows.map(([, id, token]) => [id as string, token as string]));
      this.#options.onReady(countOf(rows.map(([queue]) => text(queue) as string)));
    });
    for (let count = UPKEEP_BATCH; count === UPKEEP_BATCH; ) {
      const rows = await this.#runOne("dying", this.#options.clock.parameter);
      const deaths = await Promise.all(rows.map((row) => this.#die(row)));
      count = deaths.filter(Boolean).length;
    }
  }

  /** False where the job stays as it is. */
  async #die([id, token, queue, onDead]: Row): Promise<boolean> {
    const job = { id: id as string, token: token as string, queue: text(queue) as string };
    try {
      return await this.#options.die({ ...job, onDead: onDead ?? undefined });
    } catch (error) {
      const details = { err: error, jobId: id };
      this.#options.logger.error(details, "a job whose lease ran out stays claimed");
      return false;
    }
  }

  async #askWhatIsNext(): Promise<void> {
    const { clock } = this.#options;
    // What is expected from here on, by somebody else, counts as well.
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#leaseEndsAt = Number.POSITIVE_INFINITY;
    const askedAt = clock.now();
    const [row] = await this.#runOne("next", clock.parameter);
    const [dueAt, leaseEndsAt, databaseNow] = row as Row;
    clock.learn(Number(databaseNow), askedAt);
    this.#dueAt = Math.min(this.#dueAt, number(dueAt) ?? Number.POSITIVE_INFINITY);
    this.#leaseEndsAt = Math.min(
      this.#leaseEndsAt,
      number(leaseEndsAt) ?? Number.POSITIVE_INFINITY,
    );
  }

  async #inBatches(name: UpkeepName, done: (rows: readonly Row[]) => void): Promise<void> {
    for (let count = UPKEEP_BATCH; count === UPKEEP_BATCH; ) {
      const rows = await this.#runOne(name, this.#options.clock.parameter);
      count = rows.length;
      if (count > 0) done(rows);
    }
  }

  /** One statement, whose loss in a crash of the server would do no harm: it would be done again. */
  async #runOne(name: UpkeepName, ...values: readonly Value[]): Promise<readonly Row[]> {
    const { database, statements } = this.#options;
    return await database.use(async (session) => {
      const begin = database.begin("synchronous_commit = off");
      const [, rows] = await session.commit([begin, call(statements[name], ...values)]);
      return rows as readonly Row[];
    });
  }
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
