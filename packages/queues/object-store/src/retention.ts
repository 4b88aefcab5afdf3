import type { ResolvedQueueConfig } from "@wf/core/adapter";
import { type Op, OpTag } from "./layout/op.ts";
import type { JobRecord } from "./state/job-record.ts";
import type { QueueState } from "./state/queue-state.ts";

/** At least so long between sweeps, so that jobs which expire one after the other share a write. */
const SWEEP_INTERVAL_MS = 60_000;
/** Jobs that one sweep removes at most; the rest follows in the next. */
const SWEEP_MAX_JOBS = 10_000;

/** Finds the done and dead jobs whose time has passed. */
export class Retention {
  readonly #state: QueueState;
  readonly #configOf: (queue: string) => ResolvedQueueConfig;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(state: QueueState, configOf: (queue: string) => ResolvedQueueConfig) {
    this.#state = state;
    this.#configOf = configOf;
  }

  /** When the next sweep has something to remove. */
  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of this.#oldest()) next = Math.min(next, expiresAt);
    return Math.max(next, this.#sweptAt + SWEEP_INTERVAL_MS);
  }

  /** The removal of what has expired, where a sweep is due. */
  sweep(now: number): Op[] {
    const ops: Op[] = [];
    if (this.nextDeadline() > now) return ops;
    this.#sweptAt = now;
    for (const { jobs, after, endedAt } of this.#oldest()) {
      for (const job of jobs) {
        if (endedAt(job) + after >= now || ops.length === SWEEP_MAX_JOBS) break;
        if (job.busy === undefined) ops.push({ tag: OpTag.remove, id: job.id });
      }
    }
    return ops;
  }

  /** For each queue and end: the jobs from the oldest on, and when that one expires. */
  *#oldest() {
    for (const queue of this.#state.queues.values()) {
      const config = this.#configOf(queue.name);
      const kinds = [
        { set: queue.done, after: config.doneRetentionMs, endedAt: completedAt },
        { set: queue.deadByTime, after: config.deadRetentionMs, endedAt: failedAt },
      ];
      for (const { set, after, endedAt } of kinds) {
        const first = set.first();
        if (first === undefined || after === undefined) continue;
        // Strictly older than the window, so one millisecond past it.
        yield { jobs: set.from(), after, endedAt, expiresAt: endedAt(first) + after + 1 };
      }
    }
  }
}

function completedAt(job: JobRecord): number {
  return job.completedAt as number;
}

function failedAt(job: JobRecord): number {
  return job.failedAt as number;
}
