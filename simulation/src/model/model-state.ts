import type { Claim, Effects, Job, JobAttempt, JobState } from "@wf/core";
import { bytesText, imageOf } from "./job-image.ts";
import { attemptsText, queueLine } from "./portrait.ts";

/** The newest entries of a job's history that are kept. */
const MAX_ATTEMPTS_KEPT = 100;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A job as the model has it. */
export interface ModelJob extends Mutable<Job> {
  state: JobState;
  /** Until when it is scheduled; undefined once it is ready whatever the time is. */
  dueAt: number | undefined;
  readonly onDead: Effects | undefined;
  readonly backoff: { readonly baseMs: number; readonly capMs: number; readonly jitter: string };
  readonly history: JobAttempt[];
  /** The delivery under way, where its claim is known. */
  claim: Claim | undefined;
  /** The group that made it ready, or scheduled. */
  waitsSince: number;
  readonly payloadReference: string | undefined;
}

/** The queue as the contract has it: plain maps, changed by what the log says. */
export class ModelState {
  readonly jobs = new Map<string, ModelJob>();
  readonly kv = new Map<string, Uint8Array>();
  readonly done = new Map<string, number>();

  waitsIn(job: ModelJob): boolean {
    return job.state === "pending" || job.state === "scheduled";
  }

  /** The job that holds a dedup key. */
  holderOf(queue: string, dedupKey: string): ModelJob | undefined {
    for (const job of this.jobs.values()) {
      if (job.queue === queue && job.dedupKey === dedupKey) return job;
    }
    return undefined;
  }

  add(job: ModelJob): void {
    if (!this.done.has(job.queue)) this.done.set(job.queue, 0);
    this.jobs.set(job.id, job);
  }

  countDone(queue: string): void {
    this.done.set(queue, (this.done.get(queue) ?? 0) + 1);
  }

  remember(
    job: ModelJob,
    recordedAt: number,
    outcome: JobAttempt["outcome"],
    error?: string | undefined,
  ): void {
    const isDelivery = outcome !== "requeued";
    job.history.push({
      attempt: isDelivery ? job.attempts : 0,
      claimedAt: isDelivery ? job.claimedAt : undefined,
      recordedAt,
      outcome,
      error,
    });
    if (job.history.length > MAX_ATTEMPTS_KEPT) job.history.shift();
    if (isDelivery) job.claimedAt = undefined;
  }

  /** In the form of `portraitOf`. */
  portrait(): string[] {
    const lines: string[] = [];
    for (const [queue, done] of this.done) {
      const count = (isCounted: (job: ModelJob) => boolean) =>
        [...this.jobs.values()].filter((job) => job.queue === queue && isCounted(job)).length;
      const waiting = count((job) => this.waitsIn(job));
      const claimed = count(({ state }) => state === "claimed");
      lines.push(
        queueLine(
          queue,
          done,
          waiting,
          claimed,
          count(({ state }) => state === "dead"),
        ),
      );
    }
    for (const job of this.jobs.values()) {
      lines.push(`job ${imageOf(job)} ${attemptsText(job.history)}`);
    }
    for (const [key, value] of this.kv) lines.push(`key ${key} ${bytesText(value)}`);
    return lines.sort();
  }
}
