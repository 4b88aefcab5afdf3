import {
  type Claim,
  type ClaimOptions,
  type Clock,
  type CommitOptions,
  type CommitResult,
  type CompletionOutcome,
  type Effects,
  type EnqueueOptions,
  type EnqueueRequest,
  type EnqueueResult,
  FencedError,
  type KeyValue,
  type NackOptions,
  type Queue,
  type QueueInspector,
  toMs,
  type WaitOptions,
  type WakeResult,
  WfError,
} from "@wf/core";
import {
  Alarm,
  checkCallOptions,
  checkEffects,
  checkEnqueue,
  checkId,
  checkText,
  checkWake,
  resolveClaimOptions,
} from "@wf/core/adapter";
import { Inspector, present } from "./inspector.ts";
import { checkClaim, claimLost, JobClaim } from "./job-claim.ts";
import { Jobs } from "./jobs.ts";
import { type ResolvedOptions, resolveOptions, type TemplateQueueOptions } from "./options.ts";
import { QueueKeyValue } from "./queue-key-value.ts";
import type { JobRow, TemplateDatabase } from "./template-database.ts";
import { Waits } from "./waits.ts";

/**
 * A queue in a {@link TemplateDatabase}: it keeps the contract of `Queue`, except that nothing outlives the process.
 * Put the real database in the place of that one. One process owns the queue: opening it takes it over, and the old
 * owner fails with `FencedError` from then on.
 */
export class TemplateQueue implements Queue {
  readonly clock: Clock;
  readonly kv: KeyValue;
  readonly inspect: QueueInspector;
  readonly #database: TemplateDatabase;
  readonly #options: ResolvedOptions;
  readonly #jobs: Jobs;
  readonly #waits: Waits;
  /** Claims that are not settled, by job id. */
  readonly #claims = new Map<string, JobClaim>();
  /** Rings when something is due by itself. */
  readonly #alarm: Alarm;
  /** Why every method fails, once the queue is closed or lost. */
  #ended: WfError | undefined;

  private constructor(database: TemplateDatabase, options: ResolvedOptions) {
    const transact = <T>(work: (now: number) => T) => this.#transact(work);
    this.clock = options.clock;
    this.kv = new QueueKeyValue(database, transact, (effects) => this.commit(effects));
    this.inspect = new Inspector(database, transact);
    this.#database = database;
    this.#options = options;
    this.#jobs = new Jobs(database, options);
    this.#waits = new Waits(options.clock);
    this.#alarm = new Alarm(options.clock, () => {
      if (this.#isOwner()) this.#transact(() => {});
    });
  }

  /**
   * Takes the queue over. What was claimed is pending again, and the delivery cut off counts as an attempt.
   *
   * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME naming the option
   */
  static async open(
    database: TemplateDatabase,
    options: TemplateQueueOptions = {},
  ): Promise<TemplateQueue> {
    const queue = new TemplateQueue(database, resolveOptions(options));
    database.owner = queue;
    queue.#transact((now) => {
      for (const row of database.jobs.values()) {
        if (row.job.state === "claimed") queue.#jobs.release(row, "interrupted", now);
      }
    });
    return queue;
  }

  nextJobId(): string {
    return this.#database.nextId(this.clock.now());
  }

  async commit(effects: Effects, options: CommitOptions = {}): Promise<CommitResult> {
    checkEffects(effects);
    checkCallOptions(options);
    options.signal?.throwIfAborted();
    return this.#transact((now) => this.#jobs.apply(effects, now));
  }

  async enqueue(
    queue: string,
    payload: Uint8Array,
    options: EnqueueOptions & CommitOptions = {},
  ): Promise<EnqueueResult> {
    checkEnqueue(queue, payload, options);
    const { signal, ...request } = options;
    const { enqueued } = await this.commit(
      { enqueue: [{ ...request, queue, payload }] },
      { signal },
    );
    return enqueued[0] as EnqueueResult;
  }

  async enqueueMany(
    requests: readonly EnqueueRequest[],
    options?: CommitOptions,
  ): Promise<readonly EnqueueResult[]> {
    return (await this.commit({ enqueue: requests }, options)).enqueued;
  }

  async claim(queue: string, options: ClaimOptions = {}): Promise<Claim[]> {
    const defaultLeaseMs = this.#options.configOf(queue).leaseMs;
    const { max, leaseMs, waitMs, signal } = resolveClaimOptions(queue, options, defaultLeaseMs);
    const take = (now: number) => {
      const claims = this.#take(queue, max, leaseMs, now);
      return claims.length > 0 ? claims : undefined;
    };
    const claims = this.#transact(take);
    if (claims !== undefined || waitMs === 0 || signal?.aborted) return claims ?? [];
    const look = () => this.#database.transaction(() => take(this.clock.now()));
    try {
      return (await this.#waits.until(look, { timeout: waitMs, signal })) ?? [];
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return [];
      throw error;
    }
  }

  async ack(claim: Claim, effects: Effects = {}): Promise<CommitResult> {
    checkEffects(effects);
    return this.#settle(claim, (row, now) => {
      this.#jobs.done(row, now);
      return this.#jobs.apply(effects, now);
    });
  }

  async nack(claim: Claim, error: string, options: NackOptions = {}): Promise<"retried" | "dead"> {
    checkText(error, "error");
    checkCallOptions(options);
    const { retryAfter, onDead } = options;
    if (onDead !== undefined) checkEffects(onDead, "onDead");
    const afterMs = retryAfter === undefined ? undefined : toMs(retryAfter, "retryAfter");
    return this.#settle(claim, (row, now) => {
      const outcome = this.#jobs.retry(row, error, afterMs, now);
      if (outcome === "dead") this.#afterDeath(row, onDead, now);
      return outcome;
    });
  }

  async deadLetter(claim: Claim, reason: string, effects?: Effects): Promise<void> {
    checkText(reason, "reason");
    if (effects !== undefined) checkEffects(effects);
    this.#settle(claim, (row, now) => {
      this.#jobs.dead(row, reason, now);
      this.#afterDeath(row, effects, now);
    });
  }

  async cancel(
    jobId: string,
    effectsIfRemoved: Effects = {},
  ): Promise<"removed" | "requested" | "not_found"> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    checkEffects(effectsIfRemoved, "effectsIfRemoved");
    return this.#transact((now) => {
      const row = this.#database.jobs.get(jobId);
      switch (row?.job.state) {
        case "pending":
        case "scheduled":
          this.#database.setJob(jobId, undefined);
          this.#jobs.apply(effectsIfRemoved, now);
          return "removed";
        case "claimed":
          this.#jobs.requestCancel(row);
          return "requested";
        default:
          return "not_found";
      }
    });
  }

  async wake(jobId: string, payload?: Uint8Array): Promise<WakeResult> {
    checkWake({ jobId, payload });
    return this.#transact((now) => this.#jobs.wake({ jobId, payload }, now));
  }

  async requeueDead(jobId: string): Promise<void> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    this.#transact((now) => {
      const row = this.#database.jobs.get(jobId);
      if (row === undefined) throw new WfError("WF_JOB_NOT_FOUND", `there is no job ${jobId}`);
      const { state } = row.job;
      if (state !== "dead") {
        throw new WfError(
          "WF_INVALID_STATE",
          `job ${jobId} is ${state}: only dead jobs are requeued`,
        );
      }
      this.#jobs.requeue(row, now);
    });
  }

  async waitForCompletion(jobId: string, options: WaitOptions = {}): Promise<CompletionOutcome> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    checkCallOptions(options);
    if (options.timeout !== undefined) toMs(options.timeout, "timeout");
    const first = this.#transact(() => this.#database.jobs.get(jobId));
    if (first === undefined) return { status: "not_found" };
    const look = (): CompletionOutcome | undefined => {
      const row = this.#database.jobs.get(jobId);
      // Another job may have taken the id over; every job has its own bytes.
      if (row?.job.payload !== first.job.payload) return { status: "completed", job: undefined };
      const hasEnded = row.job.state === "done" || row.job.state === "dead";
      return hasEnded ? { status: "completed", job: present(row.job) } : undefined;
    };
    return look() ?? (await this.#waits.until(look, options)) ?? { status: "timed_out" };
  }

  async close(): Promise<void> {
    this.#end(new WfError("WF_CLOSED", "the queue is closed: open it again to go on"));
  }

  /** As {@link TemplateQueue.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One transaction, after what fell due before it. Then all who are concerned are told. */
  #transact<T>(work: (now: number) => T): T {
    if (!this.#isOwner()) throw this.#ended;
    const now = this.clock.now();
    this.#database.transaction(() => this.#jobs.sweep(now));
    try {
      return this.#database.transaction(() => work(now));
    } finally {
      this.#waits.look();
      this.#abortClaims();
      const dueAt = this.#jobs.nextDue();
      if (dueAt !== undefined) this.#alarm.set(dueAt);
    }
  }

  #take(queue: string, max: number, ms: number, now: number): JobClaim[] {
    return this.#jobs.claim(queue, max, ms, now).map(({ job, lease }) => {
      const claim = new JobClaim(
        present(job),
        lease as NonNullable<JobRow["lease"]>,
        (own, least) => this.#extend(own, least),
      );
      this.#claims.set(job.id, claim);
      return claim;
    });
  }

  #extend(claim: JobClaim, least: number): number {
    return this.#transact((now) => {
      const row = this.#rowOf(claim);
      const expiresAt = Math.max(row.lease?.expiresAt ?? 0, now + least);
      this.#jobs.extend(row, expiresAt);
      return expiresAt;
    });
  }

  #settle<T>(claim: Claim, work: (row: JobRow, now: number) => T): T {
    const own = checkClaim(claim);
    return this.#transact((now) => {
      const result = work(this.#rowOf(own), now);
      this.#claims.delete(own.job.id);
      return result;
    });
  }

  #rowOf(claim: JobClaim): JobRow {
    const row = this.#database.jobs.get(claim.job.id);
    if (row?.lease?.token !== claim.token) throw claimLost(claim);
    return row;
  }

  #afterDeath(row: JobRow, effects: Effects | undefined, now: number): void {
    if (effects === undefined) this.#jobs.mourn(row, now);
    else this.#jobs.apply(effects, now);
  }

  #abortClaims(): void {
    for (const [id, claim] of this.#claims) {
      const row = this.#database.jobs.get(id);
      if (row?.lease?.token !== claim.token) {
        this.#claims.delete(id);
        claim.abort(claimLost(claim));
      } else if (row.job.cancelRequested && !claim.abortSignal.aborted) {
        claim.abort(new WfError("WF_CANCEL_REQUESTED", `job ${id} is cancelled`));
      }
    }
  }

  /** Whether the queue is open and this one's; where it is not, {@link #ended} says why. */
  #isOwner(): boolean {
    if (this.#ended === undefined && this.#database.owner !== this) {
      this.#end(
        new FencedError("the queue was opened by another owner: open it again to take it back"),
      );
    }
    return this.#ended === undefined;
  }

  #end(reason: WfError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#alarm.clear();
    this.#waits.failAll(reason);
    if (reason instanceof FencedError)
      for (const claim of this.#claims.values()) claim.abort(reason);
  }
}
