/** Where a job is in its life. `done` and `dead` jobs are kept as long as the queue's retention says. */
export type JobState = "pending" | "scheduled" | "claimed" | "done" | "dead";

/** A job as it stood when it was read. Times are milliseconds since the Unix epoch. */
export interface Job {
  readonly id: string;
  readonly queue: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: JobState;
  /** Deliveries so far, the one under way included; 0 when new. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Lower goes first. */
  readonly priority: number;
  readonly enqueuedAt: number;
  /** When a scheduled job falls due; kept afterwards. */
  readonly runAt: number | undefined;
  readonly claimedAt: number | undefined;
  /** When `wake` called it before its time, and what it brought; kept for every later delivery. */
  readonly wokenAt: number | undefined;
  readonly wakePayload: Uint8Array | undefined;
  readonly lastError: string | undefined;
  /** Held from enqueue to claim. */
  readonly dedupKey: string | undefined;
  readonly completedAt: number | undefined;
  readonly failedAt: number | undefined;
  readonly cancelRequested: boolean;
}

/** How one delivery of a job ended, or a mark in its history. */
export interface JobAttempt {
  /** The delivery's number from 1; 0 for `requeued`. */
  readonly attempt: number;
  readonly claimedAt: number | undefined;
  readonly recordedAt: number;
  readonly outcome: AttemptOutcome;
  readonly error: string | undefined;
}

export type AttemptOutcome =
  | "completed"
  | "retried"
  | "dead_lettered"
  | "lease_expired"
  | "interrupted"
  | "requeued";
