import { Bag } from "./bag.ts";
import type { JobRecord } from "./job-record.ts";
import { SortedSet } from "./sorted-set.ts";

/** Places in a queue's orders, also of jobs that are gone. */
export interface ReadyPlace {
  readonly priority: number;
  readonly id: string;
}
interface DuePlace {
  readonly runAt: number | undefined;
  readonly id: string;
}
interface DonePlace {
  readonly completedAt: number | undefined;
  readonly id: string;
}
interface FailedPlace {
  readonly failedAt: number | undefined;
  readonly id: string;
}

/** The jobs of one queue by state, each state in the order in which it is served and listed. */
export class QueueJobs {
  readonly name: string;
  /** What metrics of the queue are told by. */
  readonly attributes: { readonly queue: string };
  /** Pending, in claim order. */
  readonly ready = new SortedSet<JobRecord, ReadyPlace>(
    (a, b) => a.priority - b.priority || compareIds(a, b),
  );
  /** Scheduled, by due time. */
  readonly due = new SortedSet<JobRecord, DuePlace>(
    (a, b) => (a.runAt as number) - (b.runAt as number) || compareIds(a, b),
  );
  readonly claimed = new Bag<JobRecord>();
  /** Done and kept, by time of completion. */
  readonly done = new SortedSet<JobRecord, DonePlace>(
    (a, b) => (a.completedAt as number) - (b.completedAt as number) || compareIds(a, b),
  );
  readonly dead = new SortedSet<JobRecord, { readonly id: string }>(compareIds);
  readonly deadByTime = new SortedSet<JobRecord, FailedPlace>(
    (a, b) => (a.failedAt as number) - (b.failedAt as number) || compareIds(a, b),
  );
  /** Who holds each dedup key: a pending or scheduled job. */
  readonly dedup = new Map<string, JobRecord>();
  /** Jobs ever acknowledged. */
  doneCount = 0;

  constructor(name: string) {
    this.name = name;
    this.attributes = { queue: name };
  }

  /**
   * All jobs, safe against changes meanwhile: those that stay as they are are met once, others may be met or not.
   * Those that are scheduled come first, because they become pending without a change.
   */
  *walk(): Generator<JobRecord> {
    yield* this.due.walk(({ id, runAt }) => ({ id, runAt }));
    yield* this.ready.walk(({ id, priority }) => ({ id, priority }));
    yield* [...this.claimed];
    yield* this.done.walk(({ id, completedAt }) => ({ id, completedAt }));
    yield* this.dead.walk(({ id }) => ({ id }));
  }

  /** Puts the job where its state says. */
  attach(job: JobRecord): void {
    switch (job.state) {
      case "pending":
        return this.ready.add(job);
      case "scheduled":
        return this.due.add(job);
      case "claimed":
        return this.claimed.add(job);
      case "done":
        return this.done.add(job);
      case "dead":
        this.dead.add(job);
        return this.deadByTime.add(job);
    }
  }

  /** Takes the job from where its state says, before anything that orders it is changed. */
  detach(job: JobRecord): void {
    switch (job.state) {
      case "pending":
        return this.ready.delete(job);
      case "scheduled":
        return this.due.delete(job);
      case "claimed":
        return this.claimed.delete(job);
      case "done":
        return this.done.delete(job);
      case "dead":
        this.dead.delete(job);
        return this.deadByTime.delete(job);
    }
  }
}

function compareIds(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
