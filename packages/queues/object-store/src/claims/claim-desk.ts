import { type Clock, WfError } from "@wf/core";
import type { Alarm } from "@wf/core/adapter";
import { OpTag } from "../layout/op.ts";
import type { LogWriter } from "../log/log-writer.ts";
import type { JobRecord } from "../state/job-record.ts";
import type { QueueState } from "../state/queue-state.ts";
import type { Telemetry } from "../telemetry.ts";
import { type Claims, JobClaim } from "./job-claim.ts";
import { Leases } from "./leases.ts";

interface Waiter {
  readonly max: number;
  readonly leaseMs: number;
  readonly deadline: number;
  /** Ends the waiting with what was claimed. */
  give(claims: JobClaim[]): void;
  fail(error: unknown): void;
}

/** Gives pending jobs out, to those who wait first, and keeps the leases on them. */
export class ClaimDesk implements Claims {
  readonly tokenPrefix: string;
  readonly #clock: Clock;
  readonly #state: QueueState;
  readonly #log: LogWriter;
  readonly #alarm: Alarm;
  readonly #telemetry: Telemetry;
  /** By queue name. */
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #leases = new Leases();
  #deliveries = 0;

  constructor(
    clock: Clock,
    state: QueueState,
    log: LogWriter,
    alarm: Alarm,
    telemetry: Telemetry,
    epoch: number,
  ) {
    this.#clock = clock;
    this.#state = state;
    this.#log = log;
    this.#alarm = alarm;
    this.#telemetry = telemetry;
    this.tokenPrefix = `${epoch}.`;
  }

  get now(): number {
    return this.#clock.now();
  }

  /** Claims what is pending, up to `max`. The claims are logged and not waited for. */
  take(queueName: string, max: number, leaseMs: number): JobClaim[] {
    const claims: JobClaim[] = [];
    const queue = this.#state.queues.get(queueName);
    if (queue === undefined) return claims;
    const now = this.now;
    let skipped: JobRecord | undefined;
    while (claims.length < max) {
      const job = skipped === undefined ? queue.ready.first() : queue.ready.after(skipped);
      if (job === undefined) break;
      // A job with a change on its way, such as a cancel, is left to that.
      if (job.busy === undefined) claims.push(this.#claim(job, now, leaseMs));
      else skipped = job;
    }
    return claims;
  }

  #claim(job: JobRecord, now: number, leaseMs: number): JobClaim {
    const op = { tag: OpTag.claim, id: job.id, at: now } as const;
    this.#state.apply(op);
    this.#log.append([op]);
    const claim = new JobClaim(this, job, ++this.#deliveries, now + leaseMs);
    if (job.cancelRequested) claim.abort(cancelRequested(job));
    job.claim = claim;
    this.#leases.add(claim);
    this.#alarm.set(claim.leaseExpiresAt);
    return claim;
  }

  /** Waits for a job of the queue. Nothing when the deadline passes or the signal is aborted. */
  wait(
    queueName: string,
    max: number,
    leaseMs: number,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<JobClaim[]> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waitersOf(queueName);
      const leave = () => {
        waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        max,
        leaseMs,
        deadline,
        give(claims) {
          leave();
          resolve(claims);
        },
        fail(error) {
          leave();
          reject(error);
        },
      };
      const onAbort = () => waiter.give([]);
      waiters.add(waiter);
      signal?.addEventListener("abort", onAbort);
      this.#alarm.set(deadline);
    });
  }

  /** Gives what is pending in the queue to those who wait for it, in the order in which they came. */
  serve(queueName: string): void {
    for (const waiter of this.#waiters.get(queueName) ?? []) {
      const claims = this.take(queueName, waiter.max, waiter.leaseMs);
      if (claims.length === 0) return;
      waiter.give(claims);
    }
  }

  /** Ends the waits whose deadline has come. */
  expireWaits(now: number): void {
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) {
        if (waiter.deadline <= now) waiter.give([]);
      }
    }
  }

  /** Takes the jobs back whose lease has run out. One with a change on its way has to wait for that. */
  takeExpired(now: number): JobRecord[] {
    const expired: JobRecord[] = [];
    for (const claim of [...this.#expired(now)]) {
      const job = claim.record;
      if (job.busy !== undefined) {
        job.busy.promise.then(
          () => this.#alarm.set(now),
          () => {}, // the queue has ended
        );
        continue;
      }
      this.#leases.delete(claim);
      job.claim = undefined;
      claim.lose(
        new WfError(
          "WF_CLAIM_LOST",
          `the lease on job ${job.id} ran out at ${claim.leaseExpiresAt} and the job was taken back; ` +
            `call ensureLease in time, or claim with a longer lease`,
        ),
      );
      expired.push(job);
    }
    return expired;
  }

  *#expired(now: number): Generator<JobClaim> {
    for (const claim of this.#leases) {
      if (claim.leaseExpiresAt > now) return;
      yield claim;
    }
  }

  /** The job's settlement is in the log: its lease, unless it has run out, cannot run out any more. */
  release(job: JobRecord): void {
    const { claim } = job;
    if (claim === undefined) return;
    this.#leases.delete(claim);
    claim.settle();
    job.claim = undefined;
  }

  extend(claim: JobClaim, expiresAt: number): void {
    this.#leases.delete(claim);
    claim.leaseExpiresAt = expiresAt;
    this.#telemetry.leaseRenewed();
    this.#leases.add(claim);
    this.#alarm.set(expiresAt);
  }

  requestCancel(job: JobRecord): void {
    job.claim?.abort(cancelRequested(job));
  }

  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { record, leaseExpiresAt } of this.#leases) {
      // A busy one is looked at again when that change is durable.
      if (record.busy !== undefined) continue;
      next = leaseExpiresAt;
      break;
    }
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) next = Math.min(next, waiter.deadline);
    }
    return next;
  }

  /** The queue has ended: nobody waits any longer, and open claims are lost. */
  end(error: WfError): void {
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) waiter.fail(error);
    }
    for (const claim of this.#leases) claim.lose(error);
  }

  #waitersOf(queueName: string): Set<Waiter> {
    let waiters = this.#waiters.get(queueName);
    if (waiters === undefined) {
      waiters = new Set();
      this.#waiters.set(queueName, waiters);
    }
    return waiters;
  }
}

function cancelRequested(job: JobRecord): WfError {
  return new WfError("WF_CANCEL_REQUESTED", `job ${job.id} was asked to stop`);
}
