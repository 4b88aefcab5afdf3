import {
  type Clock,
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
import type { JobRecord } from "./state/job-record.ts";
import { QueueJobs } from "./state/queue-jobs.ts";
import type { QueueState } from "./state/queue-state.ts";

/** Reads a state as callers see it. */
export class StateInspector implements QueueInspector {
  readonly #state: QueueState;
  readonly #clock: Clock;
  /** Brings the state up to now, and refuses when it is not to be read any more. */
  readonly #refresh: () => void;
  readonly #present: (record: JobRecord) => Promise<Job>;

  /** @param present gives a job as callers see it; its payload may have to be fetched */
  constructor(
    state: QueueState,
    clock: Clock,
    refresh: () => void,
    present: (record: JobRecord) => Promise<Job>,
  ) {
    this.#state = state;
    this.#clock = clock;
    this.#refresh = refresh;
    this.#present = present;
  }

  async getJob(jobId: string): Promise<Job | undefined> {
    this.#refresh();
    checkText(jobId, "jobId");
    const record = this.#state.jobs.get(jobId);
    return record && this.#presentKept(record);
  }

  async listJobs(queue: string, state: JobState, page?: PageOptions): Promise<Page<Job>> {
    this.#refresh();
    checkQueueName(queue);
    const limit = pageLimit(page);
    const jobs = this.#state.queues.get(queue) ?? new QueueJobs(queue);
    const records: JobRecord[] = [];
    let next: string | undefined;
    for (const record of jobsFrom(jobs, state, page?.after)) {
      if (records.length === limit) {
        next = cursorOf(records.at(-1) as JobRecord, state);
        break;
      }
      records.push(record);
    }
    const items = await Promise.all(records.map((record) => this.#presentKept(record)));
    return { items: items.filter((job) => job !== undefined), next };
  }

  /** Undefined for a job that was removed, with its payload, while that was fetched. */
  async #presentKept(record: JobRecord): Promise<Job | undefined> {
    try {
      return await this.#present(record);
    } catch (error) {
      if (this.#state.jobs.get(record.id) === record) throw error;
      return undefined;
    }
  }

  async listQueues(): Promise<readonly string[]> {
    this.#refresh();
    return [...this.#state.queues.keys()].sort();
  }

  async stats(queue: string): Promise<QueueStats> {
    this.#refresh();
    checkQueueName(queue);
    const jobs = this.#state.queues.get(queue);
    return {
      pending: jobs?.ready.size ?? 0,
      scheduled: jobs?.due.size ?? 0,
      claimed: jobs?.claimed.size ?? 0,
      done: jobs?.doneCount ?? 0,
      dead: jobs?.dead.size ?? 0,
      oldestPendingAgeMs: jobs && this.#oldestPendingAge(jobs),
    };
  }

  async attempts(jobId: string): Promise<readonly JobAttempt[]> {
    this.#refresh();
    checkText(jobId, "jobId");
    return [...(this.#state.jobs.get(jobId)?.history ?? [])];
  }

  #oldestPendingAge(jobs: QueueJobs): number | undefined {
    let oldest = Number.POSITIVE_INFINITY;
    for (const job of jobs.ready.from()) oldest = Math.min(oldest, job.enqueuedAt);
    return oldest === Number.POSITIVE_INFINITY ? undefined : this.#clock.now() - oldest;
  }
}

/** The jobs of a state in their order, after the place that a cursor names. */
function jobsFrom(
  jobs: QueueJobs,
  state: JobState,
  cursor: string | undefined,
): Iterable<JobRecord> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  switch (state) {
    case "pending":
      return skip(jobs.ready.from(after && { priority: after.rank, id: after.id }), after?.id);
    case "scheduled":
      return skip(jobs.due.from(after && { runAt: after.rank, id: after.id }), after?.id);
    case "done":
      return skip(jobs.done.from(after && { completedAt: after.rank, id: after.id }), after?.id);
    case "dead":
      return skip(jobs.dead.from(after), after?.id);
    case "claimed":
      return [...jobs.claimed]
        .filter((job) => after === undefined || job.id > after.id)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    default:
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `state is ${show(state)}: give pending, scheduled, claimed, done or dead`,
      );
  }
}

function* skip(jobs: Iterable<JobRecord>, id: string | undefined): Generator<JobRecord> {
  for (const job of jobs) if (job.id !== id) yield job;
}

/** A place in an order: by what it sorts first, then the id. */
function cursorOf(job: JobRecord, state: JobState): string {
  const rank =
    state === "pending"
      ? job.priority
      : state === "scheduled"
        ? (job.runAt as number)
        : state === "done"
          ? (job.completedAt as number)
          : 0;
  return `${rank}.${job.id}`;
}

function parseCursor(cursor: string): { rank: number; id: string } {
  const match = /^(\d+)\.(.+)$/.exec(cursor);
  if (match === null) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `after is ${show(cursor)}: give the \`next\` of a page of the same listing`,
    );
  }
  return { rank: Number(match[1]), id: match[2] as string };
}
