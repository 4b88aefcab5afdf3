import type { AttemptOutcome } from "@wf/core";
import { type Op, OpTag } from "../layout/op.ts";
import { type JobRecord, MAX_HISTORY } from "./job-record.ts";
import { JobTable } from "./job-table.ts";
import { type KeyValueEntryRecord, KeyValueTable } from "./key-value-table.ts";
import { QueueJobs } from "./queue-jobs.ts";
import type { StateCapture } from "./state-capture.ts";

/** Told of what an op changed, where somebody may be waiting for it. */
export interface StateObserver {
  /** An op on a job of the queue was applied. */
  applied(queue: QueueJobs, tag: Op["tag"]): void;
  /** The queue has a job that may be claimed. */
  jobReady(queue: QueueJobs): void;
  /** There is something to do at that time (ms since the epoch). */
  deadlineSet(at: number): void;
  /** The job is done, dead or removed. */
  jobFinished(job: JobRecord): void;
}

/**
 * The state of a queue: a fold over the ops of its log. It decides nothing: an op says all that there is
 * to change, so whoever folds the same log has the same state.
 */
export class QueueState {
  readonly jobs = new JobTable();
  readonly queues = new Map<string, QueueJobs>();
  readonly kv = new KeyValueTable();
  #observer: StateObserver | undefined;
  #capture: StateCapture | undefined;
  /** No scheduled job is due before. */
  #nextDue = Number.POSITIVE_INFINITY;

  /** From now on, tells `observer` of changes. */
  observe(observer: StateObserver): void {
    this.#observer = observer;
  }

  /** From now on, `capture` sees everything as it is before it changes; undefined ends that. */
  captureInto(capture: StateCapture | undefined): void {
    this.#capture = capture;
    this.kv.captureInto(capture);
  }

  /** Jobs and KV entries, safe against changes meanwhile: what stays as it is is met once. */
  *walk(): Generator<JobRecord | KeyValueEntryRecord> {
    for (const queue of this.queues.values()) yield* queue.walk();
    yield* this.kv.walk();
  }

  /** About how many bytes a snapshot has. */
  get bytes(): number {
    return this.jobs.bytes + this.kv.bytes;
  }

  get nextDue(): number {
    return this.#nextDue;
  }

  /** The jobs of a queue, which exists from then on. */
  queue(name: string): QueueJobs {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const added = new QueueJobs(name);
    this.queues.set(name, added);
    return added;
  }

  /** Makes the scheduled jobs pending that are due by then. Not logged: it follows from the time alone. */
  promoteDue(now: number): void {
    if (now < this.#nextDue) return;
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const queue of this.queues.values()) {
      let job = queue.due.first();
      for (; job !== undefined && (job.runAt as number) <= now; job = queue.due.first()) {
        queue.detach(job);
        this.#makePending(queue, job);
      }
      this.#nextDue = Math.min(this.#nextDue, job?.runAt ?? Number.POSITIVE_INFINITY);
    }
  }

  /**
   * Takes in a job from a snapshot, in the state in which it was.
   *
   * @throws RangeError when it was taken in before, which a whole snapshot rules out
   */
  restore(job: JobRecord): void {
    const queue = this.queue(job.queue);
    this.jobs.add(job);
    if (job.dedupKey !== undefined) queue.dedup.set(job.dedupKey, job);
    queue.attach(job);
    if (job.state === "scheduled") this.#nextDue = Math.min(this.#nextDue, job.runAt as number);
  }

  /** @throws RangeError when the op does not fit the state, which a whole log rules out */
  apply(op: Op): void {
    switch (op.tag) {
      case OpTag.enqueue:
        return this.#enqueue(op.job);
      case OpTag.put:
        return this.kv.put(op.key, op.value);
      case OpTag.delete:
        return this.kv.delete(op.key);
    }
    const job = this.jobs.get(op.id);
    if (job === undefined) {
      throw new RangeError(`op ${op.tag} is for job ${op.id}, which is unknown`);
    }
    this.#capture?.changing(job);
    const queue = this.queue(job.queue);
    this.#observer?.applied(queue, op.tag);
    switch (op.tag) {
      case OpTag.claim:
        return this.#claim(queue, job, op.at);
      case OpTag.done:
        return this.#done(queue, job, op.at, op.keep);
      case OpTag.retry:
        return this.#retry(queue, job, op.at, op.error, op.runAt);
      case OpTag.release:
        this.#endDelivery(queue, job, op.at, op.reason, undefined);
        return this.#makePending(queue, job);
      case OpTag.dead:
        return this.#dead(queue, job, op.at, op.error);
      case OpTag.remove:
        return this.#remove(queue, job);
      case OpTag.requestCancel:
        job.cancelRequested = true;
        // Its lease may have run out meanwhile; while this was on its way nobody could claim it.
        if (job.state === "pending") this.#observer?.jobReady(queue);
        return;
      case OpTag.wake:
        return this.#wake(queue, job, op.at, op.payload);
      case OpTag.requeue:
        return this.#requeue(queue, job, op.at);
    }
  }

  #enqueue(job: JobRecord): void {
    if (this.jobs.has(job.id)) throw new RangeError(`job ${job.id} is enqueued a second time`);
    const queue = this.queue(job.queue);
    this.#observer?.applied(queue, OpTag.enqueue);
    this.#capture?.adding(job);
    this.jobs.add(job);
    if (job.dedupKey !== undefined) queue.dedup.set(job.dedupKey, job);
    if (job.runAt === undefined) this.#makePending(queue, job);
    else this.#makeScheduled(queue, job);
  }

  #claim(queue: QueueJobs, job: JobRecord, at: number): void {
    queue.detach(job);
    this.#releaseDedupKey(queue, job);
    job.state = "claimed";
    job.attempts++;
    job.claimedAt = at;
    queue.attach(job);
  }

  #done(queue: QueueJobs, job: JobRecord, at: number, keep: boolean): void {
    queue.doneCount++;
    if (!keep) return this.#remove(queue, job);
    this.#endDelivery(queue, job, at, "completed", undefined);
    job.state = "done";
    job.completedAt = at;
    queue.attach(job);
    this.#observer?.jobFinished(job);
  }

  #retry(queue: QueueJobs, job: JobRecord, at: number, error: string, runAt: number): void {
    this.#endDelivery(queue, job, at, "retried", error);
    job.lastError = error;
    if (runAt <= at) return this.#makePending(queue, job);
    job.runAt = runAt;
    this.#makeScheduled(queue, job);
  }

  #dead(queue: QueueJobs, job: JobRecord, at: number, error: string): void {
    this.#endDelivery(queue, job, at, "dead_lettered", error);
    job.state = "dead";
    job.lastError = error;
    job.failedAt = at;
    queue.attach(job);
    this.#observer?.jobFinished(job);
  }

  #remove(queue: QueueJobs, job: JobRecord): void {
    queue.detach(job);
    this.#releaseDedupKey(queue, job);
    this.jobs.delete(job);
    this.#observer?.jobFinished(job);
  }

  #wake(queue: QueueJobs, job: JobRecord, at: number, payload: Uint8Array | undefined): void {
    job.wokenAt = at;
    job.wakePayload = payload;
    // Its time may have come while this was on its way, when nobody could claim it.
    queue.detach(job);
    this.#makePending(queue, job);
  }

  #requeue(queue: QueueJobs, job: JobRecord, at: number): void {
    queue.detach(job);
    this.#remember(job, 0, undefined, at, "requeued", undefined);
    job.attempts = 0;
    job.lastError = undefined;
    job.failedAt = undefined;
    job.cancelRequested = false;
    this.#makePending(queue, job);
  }

  #makePending(queue: QueueJobs, job: JobRecord): void {
    job.state = "pending";
    queue.attach(job);
    this.#observer?.jobReady(queue);
  }

  #makeScheduled(queue: QueueJobs, job: JobRecord): void {
    job.state = "scheduled";
    queue.attach(job);
    const dueAt = job.runAt as number;
    this.#nextDue = Math.min(this.#nextDue, dueAt);
    this.#observer?.deadlineSet(dueAt);
  }

  #endDelivery(
    queue: QueueJobs,
    job: JobRecord,
    at: number,
    outcome: AttemptOutcome,
    error: string | undefined,
  ): void {
    queue.detach(job);
    this.#remember(job, job.attempts, job.claimedAt, at, outcome, error);
    job.claimedAt = undefined;
  }

  #remember(
    job: JobRecord,
    attempt: number,
    claimedAt: number | undefined,
    recordedAt: number,
    outcome: AttemptOutcome,
    error: string | undefined,
  ): void {
    job.history ??= [];
    job.history.push({ attempt, claimedAt, recordedAt, outcome, error });
    if (job.history.length > MAX_HISTORY) job.history.shift();
  }

  #releaseDedupKey(queue: QueueJobs, job: JobRecord): void {
    if (job.dedupKey === undefined) return;
    if (queue.dedup.get(job.dedupKey) === job) queue.dedup.delete(job.dedupKey);
    job.dedupKey = undefined;
  }
}
