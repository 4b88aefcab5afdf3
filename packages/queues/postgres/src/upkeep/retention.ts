import type { ResolvedQueueConfig } from "@wf/core/adapter";
import type { Database } from "../database/database.ts";
import { call, type Row, type Statement, type Value } from "../database/session.ts";
import { text } from "../job-columns.ts";
import { DEAD, DONE } from "../layout/migrations.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import { UPKEEP_BATCH, type UpkeepName } from "./upkeep-statements.ts";

/** At least so long between sweeps, so that jobs which expire one after the other share one. */
const SWEEP_INTERVAL_MS = 60_000;
/** What processes that are gone have left is looked for so often. */
const TIDY_INTERVAL_MS = 86_400_000;
/** A lane that was not used for so long is nobody's. */
const LANE_LIFE_MS = 86_400_000;

/** Removes done and dead jobs whose time has passed, and what processes that are gone have left behind. */
export class Retention {
  readonly #database: Database;
  readonly #clock: QueueClock;
  readonly #statements: Readonly<Record<UpkeepName, Statement>>;
  readonly #configOf: (queue: string) => ResolvedQueueConfig;
  readonly #onUntold: (jobIds: readonly string[]) => void;
  #sweptAt = Number.NEGATIVE_INFINITY;
  /** When the first of the kept jobs expires, as far as is known. */
  #nextExpiry = Number.NEGATIVE_INFINITY;

  /** @param onUntold is to tell of the end of these jobs: whoever ended them has not yet, or is gone */
  constructor(
    database: Database,
    clock: QueueClock,
    statements: Readonly<Record<UpkeepName, Statement>>,
    configOf: (queue: string) => ResolvedQueueConfig,
    onUntold: (jobIds: readonly string[]) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#statements = statements;
    this.#configOf = configOf;
    this.#onUntold = onUntold;
  }

  /** When the next sweep has something to do. */
  get nextDeadline(): number {
    const next = Math.min(this.#nextExpiry, this.#sweptAt + TIDY_INTERVAL_MS);
    return Math.max(next, this.#sweptAt + SWEEP_INTERVAL_MS);
  }

  /** A job of the queue has ended now and is kept. Gives when that changes what is to be done next. */
  jobKept(queue: string, state: typeof DONE | typeof DEAD): number {
    const window = this.#windowOf(queue, state);
    if (window !== undefined) this.#expectExpiry(this.#clock.now() + window);
    return this.nextDeadline;
  }

  /** Sweeps, where it is time. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    if (now < this.nextDeadline) return;
    this.#sweptAt = now;
    await this.#run(this.#statements.foldLanes, this.#clock.parameter, LANE_LIFE_MS);
    const untold = await this.#run(this.#statements.untold);
    if (untold.length > 0) this.#onUntold(untold.map(([id]) => id as string));
    for (const { queue, state, window, endedAt } of await this.#kept()) {
      if (endedAt + window < now) await this.#sweepQueue(queue, state, window);
    }
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const { endedAt, window } of await this.#kept()) this.#expectExpiry(endedAt + window);
  }

  async #sweepQueue(queue: string, state: number, window: number): Promise<void> {
    const { parameter } = this.#clock;
    for (let removed = UPKEEP_BATCH; removed === UPKEEP_BATCH; ) {
      const values = [parameter, Buffer.from(queue), state, window];
      const [row] = await this.#run(this.#statements.sweep, ...values);
      removed = Number(row?.[0]);
    }
  }

  async #run(statement: Statement, ...values: readonly Value[]): Promise<readonly Row[]> {
    return await this.#database.use(async (session) => {
      const begin = this.#database.begin("synchronous_commit = off");
      const [, rows] = await session.commit([begin, call(statement, ...values)]);
      return rows as readonly Row[];
    });
  }

  #expectExpiry(at: number): void {
    // Strictly older than the window, so one millisecond past it.
    this.#nextExpiry = Math.min(this.#nextExpiry, at + 1);
  }

  #windowOf(queue: string, state: number): number | undefined {
    const { doneRetentionMs, deadRetentionMs } = this.#configOf(queue);
    // Done jobs that are kept although this process keeps none are another's.
    return state === DONE ? doneRetentionMs : deadRetentionMs;
  }

  /** For each queue and end of which jobs are kept for a limited time: since when the oldest is. */
  async #kept() {
    const kept: { queue: string; state: number; window: number; endedAt: number }[] = [];
    const rows = await this.#run(this.#statements.oldest);
    for (const [name, doneAt, deadAt] of rows) {
      const queue = text(name) as string;
      for (const [state, endedAt] of [
        [DONE, doneAt],
        [DEAD, deadAt],
      ] as const) {
        const window = this.#windowOf(queue, state);
        if (endedAt == null || window === undefined) continue;
        kept.push({ queue, state, window, endedAt: Number(endedAt) });
      }
    }
    return kept;
  }
}
