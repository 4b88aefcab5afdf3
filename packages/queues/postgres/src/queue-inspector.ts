import {
  type Job,
  type JobAttempt,
  type JobState,
  type Page,
  type PageOptions,
  type QueueInspector,
  type QueueStats,
  WfError,
} from "@wf/core";
import { checkQueueName, checkText, pageLimit, show } from "@wf/core/adapter";
import { arrays } from "./database/array-parameter.ts";
import type { Database } from "./database/database.ts";
import type { Row, Statement, Value } from "./database/session.ts";
import { Gather } from "./gather.ts";
import { type InspectName, inspectStatements } from "./inspect-statements.ts";
import { isJobId, jobFrom, number, text } from "./job-columns.ts";
import type { Schema } from "./layout/schema-name.ts";
import type { QueueClock } from "./time/queue-clock.ts";

/** The states, and whether it is a matter of time which jobs are in them. */
const STATES: Readonly<Record<JobState, boolean>> = {
  pending: true,
  scheduled: true,
  claimed: true,
  done: false,
  dead: false,
};

/** Reads the queue as it is in the database at that moment. */
export class DatabaseInspector implements QueueInspector {
  readonly #database: Database;
  readonly #clock: QueueClock;
  readonly #checkOpen: () => void;
  readonly #statements: Readonly<Record<InspectName, Statement>>;
  readonly #jobs: Gather<string, Job | undefined>;

  constructor(database: Database, clock: QueueClock, schema: Schema, checkOpen: () => void) {
    this.#database = database;
    this.#clock = clock;
    this.#checkOpen = checkOpen;
    this.#statements = inspectStatements(schema.quoted);
    this.#jobs = new Gather((ids) => this.#getJobs(ids));
  }

  async getJob(jobId: string): Promise<Job | undefined> {
    this.#checkOpen();
    checkText(jobId, "jobId");
    return isJobId(jobId) ? await this.#jobs.get(jobId) : undefined;
  }

  async listJobs(queue: string, state: JobState, page?: PageOptions): Promise<Page<Job>> {
    this.#checkOpen();
    checkQueueName(queue);
    const limit = pageLimit(page);
    if (typeof state !== "string" || !Object.hasOwn(STATES, state)) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `state is ${show(state)}: give pending, scheduled, claimed, done or dead`,
      );
    }
    const after = page?.after === undefined ? BEFORE_ALL : parseCursor(page.after);
    const place = [Buffer.from(queue), after.rank, after.id, limit + 1];
    const values = STATES[state] ? [...place, this.#clock.parameter] : place;
    const rows = await this.#read(state, ...values);
    const items = rows.slice(0, limit).map(jobFrom);
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? cursorOf(last) : undefined };
  }

  async listQueues(): Promise<readonly string[]> {
    this.#checkOpen();
    const rows = await this.#read("queues");
    return rows.map(([name]) => text(name) as string).sort();
  }

  async stats(queue: string): Promise<QueueStats> {
    this.#checkOpen();
    checkQueueName(queue);
    const [row] = await this.#read("stats", this.#clock.parameter, Buffer.from(queue));
    const [pending, scheduled, claimed, done, dead, oldestPendingAgeMs] = row as Row;
    return {
      pending: Number(pending),
      scheduled: Number(scheduled),
      claimed: Number(claimed),
      done: Number(done),
      dead: Number(dead),
      oldestPendingAgeMs: number(oldestPendingAgeMs),
    };
  }

  async attempts(jobId: string): Promise<readonly JobAttempt[]> {
    this.#checkOpen();
    checkText(jobId, "jobId");
    if (!isJobId(jobId)) return [];
    const [row] = await this.#read("attempts", jobId);
    const stored = row?.[0] == null ? [] : (JSON.parse(row[0]) as JobAttempt[]);
    return stored.map(({ attempt, claimedAt, recordedAt, outcome, error }) => ({
      attempt,
      claimedAt: claimedAt ?? undefined,
      recordedAt,
      outcome,
      error: error ?? undefined,
    }));
  }

  async #getJobs(ids: readonly string[]): Promise<(Job | undefined)[]> {
    const rows = await this.#read("jobs", this.#clock.parameter, arrays.text(ids));
    const found = new Map(rows.map((row) => [row[0] as string, row]));
    return ids.map((id) => {
      const row = found.get(id);
      // One for each who asks, who may do with it what he likes.
      return row && jobFrom(row);
    });
  }

  async #read(name: InspectName, ...values: readonly Value[]): Promise<readonly Row[]> {
    return await this.#database.insist("read the queue", (session) =>
      session.run(this.#statements[name], ...values),
    );
  }
}

const BEFORE_ALL = { rank: -1, id: "" };

/** A place in an order: by what it sorts first, then the id. */
function cursorOf(job: Job): string {
  const rank =
    job.state === "pending"
      ? job.priority
      : job.state === "scheduled"
        ? (job.runAt as number)
        : job.state === "done"
          ? (job.completedAt as number)
          : 0;
  return `${rank}.${job.id}`;
}

function parseCursor(cursor: string): { rank: number; id: string } {
  const match = /^(\d{1,16})\.([A-Za-z0-9_-]{1,128})$/.exec(cursor);
  if (match === null) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `after is ${show(cursor)}: give the \`next\` of a page of the same listing`,
    );
  }
  return { rank: Number(match[1]), id: match[2] as string };
}
