import type { Clock } from "../clock.ts";
import type { Duration } from "../duration.ts";
import type {
  CommitResult,
  Effects,
  EnqueueOptions,
  EnqueueRequest,
  EnqueueResult,
  WakeResult,
} from "./effects.ts";
import type { Job, JobAttempt, JobState } from "./job.ts";
import type { KeyValue } from "./key-value.ts";
import type { Page, PageOptions } from "./page.ts";

/**
 * A durable queue of jobs with a key-value store beside it, both changed by one transaction primitive.
 *
 * What a method changed is durable when its promise resolves, and not visible to anyone before. The
 * exception is `claim`, which is recorded but not waited for: losing that record in a crash gives the job
 * back as it was. Bad input is refused with an error of its own code before anything is written.
 *
 * Every method fails with WF_CLOSED after `close`, and with WF_FENCED where another process has taken
 * over a queue that has one owner.
 */
export interface Queue extends AsyncDisposable {
  /** Where every time that the queue writes comes from. */
  readonly clock: Clock;
  /** State of the queue's callers, kept with the jobs. */
  readonly kv: KeyValue;
  /** What is in the queue. Reading changes nothing. */
  readonly inspect: QueueInspector;

  /**
   * A new job id, greater than every one before it, for callers that must know the id before the enqueue.
   * The one method that does not fail on a queue that has ended.
   */
  nextJobId(): string;

  /**
   * Applies all of `effects`, or nothing.
   *
   * @throws WF_CONFLICT when an `expect` does not hold
   * @throws WF_DUPLICATE_JOB_ID, WF_INVALID_QUEUE_NAME, WF_INVALID_JOB_ID, WF_INVALID_KEY,
   *   WF_KV_VALUE_TOO_LARGE, WF_INVALID_ARGUMENT, WF_INVALID_DURATION
   */
  commit(effects: Effects, options?: CommitOptions): Promise<CommitResult>;

  /** One enqueue; errors as `commit`. */
  enqueue(
    queue: string,
    payload: Uint8Array,
    options?: EnqueueOptions & CommitOptions,
  ): Promise<EnqueueResult>;

  /** Several enqueues as one commit, answered in their order. */
  enqueueMany(
    requests: readonly EnqueueRequest[],
    options?: CommitOptions,
  ): Promise<readonly EnqueueResult[]>;

  /**
   * Takes the pending jobs with the lowest priority number and, among equals, the lowest id. With `wait`,
   * an empty queue is waited on. Empty when nothing came, or when `signal` was aborted while waiting.
   *
   * What was claimed before this queue was opened is pending again; the delivery cut off counts as an attempt.
   */
  claim(queue: string, options?: ClaimOptions): Promise<Claim[]>;

  /**
   * The job is done, and `effects` are applied, in one commit.
   *
   * @throws WF_CLAIM_LOST when the lease ran out and the job was taken back, or the claim is settled
   * @throws WF_CONFLICT and the rest as `commit`; the claim stays open then
   */
  ack(claim: Claim, effects?: Effects): Promise<CommitResult>;

  /**
   * The delivery failed with `error`. With attempts left the job is retried after its backoff, or after
   * `retryAfter`; else it is dead, and `onDead` (default: the job's own) is applied.
   *
   * @throws as `ack`
   */
  nack(claim: Claim, error: string, options?: NackOptions): Promise<"retried" | "dead">;

  /** The job is dead, whatever its attempts; `effects` (default: the job's own `onDead`) are applied. Errors as `ack`. */
  deadLetter(claim: Claim, reason: string, effects?: Effects): Promise<void>;

  /**
   * Removes a job that is pending or scheduled and applies `effectsIfRemoved` in that commit. A claimed job
   * is asked to stop: durably, and by its claim's `abortSignal`.
   *
   * @throws WF_INVALID_JOB_ID, and for the effects as `commit`
   */
  cancel(jobId: string, effectsIfRemoved?: Effects): Promise<"removed" | "requested" | "not_found">;

  /** Makes a scheduled job pending now, with up to 256 KiB for its handler. @throws WF_INVALID_JOB_ID, WF_INVALID_ARGUMENT */
  wake(jobId: string, payload?: Uint8Array): Promise<WakeResult>;

  /**
   * Gives a dead job a new life with no attempts used.
   *
   * @throws WF_JOB_NOT_FOUND, WF_INVALID_STATE when it is not dead, WF_INVALID_JOB_ID
   */
  requeueDead(jobId: string): Promise<void>;

  /**
   * Resolves when the job is done, dead or removed. Not when it is retried.
   *
   * @throws WF_INVALID_JOB_ID, WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  waitForCompletion(jobId: string, options?: WaitOptions): Promise<CompletionOutcome>;

  /** Writes what is under way, then stops. Claims that are still open are given back at the next open. */
  close(): Promise<void>;
}

/** The read side, also where another process serves it. */
export interface QueueInspector {
  /** The job with its payload, or undefined where none of this id is kept. */
  getJob(jobId: string): Promise<Job | undefined>;
  /**
   * Jobs of one state: pending in claim order, scheduled by due time, claimed and dead by id, done by the
   * time of completion.
   */
  listJobs(queue: string, state: JobState, page?: PageOptions): Promise<Page<Job>>;
  /** Names that ever had a job, in order. */
  listQueues(): Promise<readonly string[]>;
  /** Zeros for an unknown queue. */
  stats(queue: string): Promise<QueueStats>;
  /** Deliveries of a kept job that have ended, oldest first. */
  attempts(jobId: string): Promise<readonly JobAttempt[]>;
}

/** How many jobs of one queue are in each state, now. */
export interface QueueStats {
  /** Jobs that a claim can take. */
  readonly pending: number;
  /** Jobs whose time has not come. */
  readonly scheduled: number;
  /** Jobs with a delivery under way. */
  readonly claimed: number;
  /** Jobs ever acknowledged. */
  readonly done: number;
  /** Dead jobs that are still kept. */
  readonly dead: number;
  /** Milliseconds that the oldest pending job has waited since it was enqueued; undefined with none. */
  readonly oldestPendingAgeMs: number | undefined;
}

/** What a commit may be given beside its effects. */
export interface CommitOptions {
  /**
   * Ends the waiting for a queue that cannot take more for the moment; nothing of the commit is applied
   * then, and the call rejects with `signal.reason`. Once the commit is under way it has no effect.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How many jobs to take, for how long, and whether to wait for them. */
export interface ClaimOptions {
  /** 1 to 10,000 jobs. Default 1. */
  readonly max?: number | undefined;
  /** Default: the queue's, which is 30 s. */
  readonly lease?: Duration | undefined;
  /** How long to wait for a job. Default 0. */
  readonly wait?: Duration | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** The right to settle one delivery of a job. Only a claim can be settled, not a job that was read. */
export interface Claim {
  /** The job as it was claimed, this delivery counted in its `attempts`. */
  readonly job: Job;
  /** Tells this delivery from every other. */
  readonly token: string;
  /**
   * Aborted when the lease is lost (reason WF_CLAIM_LOST), when the job is cancelled (WF_CANCEL_REQUESTED),
   * and when the queue is lost to another owner (WF_FENCED). A handler may heed it; nothing stops it by force.
   */
  readonly abortSignal: AbortSignal;
  /** Milliseconds since the Unix epoch. */
  readonly leaseExpiresAt: number;
  /**
   * Extends the lease so that it lasts `remaining` and 5 s more from now; never shortens it.
   *
   * @throws WF_CLAIM_LOST
   */
  ensureLease(remaining: Duration): Promise<void>;
}

/** What is to come of a delivery that failed. */
export interface NackOptions {
  /** Wait this long instead of the backoff. */
  readonly retryAfter?: Duration | undefined;
  /** Applied if the job dies by this, in place of its own `onDead`. */
  readonly onDead?: Effects | undefined;
}

/** How long {@link Queue.waitForCompletion} waits. */
export interface WaitOptions {
  /** Default: as long as it takes. */
  readonly timeout?: Duration | undefined;
  /** Ends the waiting; the call rejects with `signal.reason` then. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link Queue.waitForCompletion} has seen: the job has ended, there is none, or the timeout came first. */
export type CompletionOutcome =
  /** `job` where it is still kept: dead always, done with retention, removed never. */
  | { readonly status: "completed"; readonly job: Job | undefined }
  | { readonly status: "not_found" }
  | { readonly status: "timed_out" };
