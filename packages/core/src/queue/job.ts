/** Where a job is in its life. `done` and `dead` jobs are kept as long as the queue's retention says. */
export type JobState = "pending" | "scheduled" | "claimed" | "done" | "dead";

/** A job as it stood when it was read. Times are milliseconds since the Unix epoch. */
export interface Job {
  /** 1 to 128 of `[A-Za-z0-9_-]`. Ids that the queue makes sort by time. */
  readonly id: string;
  /** Name of the queue that it is in. */
  readonly queue: string;
  /** The bytes that it was enqueued with. */
  readonly payload: Uint8Array;
  /** Those that it was enqueued with; empty where there were none. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where it is in its life. */
  readonly state: JobState;
  /** Deliveries so far, the one under way included; 0 when new. */
  readonly attempts: number;
  /** Deliveries after which it is dead when the last of them fails. */
  readonly maxAttempts: number;
  /** Lower goes first. */
  readonly priority: number;
  /** When it was enqueued. */
  readonly enqueuedAt: number;
  /** When a scheduled job falls due; kept afterwards. */
  readonly runAt: number | undefined;
  /** When the delivery under way began; undefined unless it is claimed. */
  readonly claimedAt: number | undefined;
  /** When `wake` called it before its time, and what it brought; kept for every later delivery. */
  readonly wokenAt: number | undefined;
  /** See `wokenAt`; undefined where the wake brought nothing. */
  readonly wakePayload: Uint8Array | undefined;
  /** What the last `nack` said, or why it is dead; undefined while there was neither. */
  readonly lastError: string | undefined;
  /** Held from enqueue to claim. */
  readonly dedupKey: string | undefined;
  /** When it was acknowledged; undefined unless it is done. */
  readonly completedAt: number | undefined;
  /** When it died; undefined unless it is dead. */
  readonly failedAt: number | undefined;
  /** Whether `cancel` asked it to stop while it was claimed. */
  readonly cancelRequested: boolean;
}

/** How one delivery of a job ended, or a mark in its history. */
export interface JobAttempt {
  /** The delivery's number from 1; 0 for `requeued`. */
  readonly attempt: number;
  /** When the delivery began; undefined for `requeued`. */
  readonly claimedAt: number | undefined;
  /** When it ended, or when the mark was made. */
  readonly recordedAt: number;
  /** How it ended. */
  readonly outcome: AttemptOutcome;
  /** What the failure said; undefined where nothing did. */
  readonly error: string | undefined;
}

/**
 * How a delivery ended: acknowledged, failed and to be tried again, dead, its lease run out, or cut off by
 * the end of its process (`interrupted`). `requeued` is no delivery: `requeueDead` gave the job a new life.
 */
export type AttemptOutcome =
  | "completed"
  | "retried"
  | "dead_lettered"
  | "lease_expired"
  | "interrupted"
  | "requeued";
