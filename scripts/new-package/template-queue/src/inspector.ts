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
import type { TemplateDatabase } from "./template-database.ts";

/** Runs its argument as a transaction of the queue. */
type Transact = <T>(work: (now: number) => T) => T;

/** By what the jobs of a state are listed: text that sorts, which is the cursor as well. */
const PLACE_OF: Readonly<Record<JobState, (job: Job) => string>> = {
  pending: ({ priority, id }) => `${digits(priority)}/${id}`,
  scheduled: ({ runAt = 0, id }) => `${digits(runAt)}/${id}`,
  claimed: ({ id }) => id,
  done: ({ completedAt = 0, id }) => `${digits(completedAt)}/${id}`,
  dead: ({ id }) => id,
};

export class Inspector implements QueueInspector {
  readonly #database: TemplateDatabase;
  readonly #transact: Transact;

  constructor(database: TemplateDatabase, transact: Transact) {
    this.#database = database;
    this.#transact = transact;
  }

  async getJob(jobId: string): Promise<Job | undefined> {
    checkText(jobId, "jobId");
    return this.#transact(() => {
      const row = this.#database.jobs.get(jobId);
      return row && present(row.job);
    });
  }

  async listJobs(queue: string, state: JobState, page: PageOptions = {}): Promise<Page<Job>> {
    checkQueueName(queue);
    const limit = pageLimit(page);
    if (!Object.hasOwn(PLACE_OF, state)) {
      const states = Object.keys(PLACE_OF).join(", ");
      throw new WfError("WF_INVALID_ARGUMENT", `state is ${show(state)}: give one of ${states}`);
    }
    const { after = "" } = page;
    return this.#transact(() => {
      const placed = this.#jobsOf(queue)
        .filter((job) => job.state === state)
        .map((job) => ({ job, place: PLACE_OF[state](job) }))
        .filter(({ place }) => place > after)
        .sort((a, b) => (a.place < b.place ? -1 : 1));
      const shown = placed.slice(0, limit);
      const next = placed.length > limit ? shown.at(-1)?.place : undefined;
      return { items: shown.map(({ job }) => present(job)), next };
    });
  }

  async listQueues(): Promise<readonly string[]> {
    return this.#transact(() => [...this.#database.doneCounts.keys()].sort());
  }

  async stats(queue: string): Promise<QueueStats> {
    checkQueueName(queue);
    return this.#transact((now) => {
      const counts = { pending: 0, scheduled: 0, claimed: 0, done: 0, dead: 0 };
      let oldest: number | undefined;
      for (const { state, enqueuedAt } of this.#jobsOf(queue)) {
        counts[state]++;
        if (state === "pending") oldest = Math.min(oldest ?? enqueuedAt, enqueuedAt);
      }
      const done = this.#database.doneCounts.get(queue) ?? 0;
      const oldestPendingAgeMs = oldest === undefined ? undefined : Math.max(now - oldest, 0);
      return { ...counts, done, oldestPendingAgeMs };
    });
  }

  async attempts(jobId: string): Promise<readonly JobAttempt[]> {
    checkText(jobId, "jobId");
    return this.#transact(() => [...(this.#database.jobs.get(jobId)?.history ?? [])]);
  }

  #jobsOf(queue: string): Job[] {
    const jobs = Array.from(this.#database.jobs.values(), ({ job }) => job);
    return jobs.filter((job) => job.queue === queue);
  }
}

/** The job for a reader, whose bytes are its own. */
export function present(job: Job): Job {
  const payload = job.payload.slice();
  const wakePayload = job.wakePayload?.slice();
  return { ...job, headers: { ...job.headers }, payload, wakePayload };
}

function digits(value: number): string {
  return String(value).padStart(16, "0");
}
