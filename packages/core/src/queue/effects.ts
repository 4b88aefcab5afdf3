import type { Duration } from "../duration.ts";
import type { BackoffOptions } from "./backoff.ts";

/**
 * What a commit does beside the settlement it may go with. All of it is applied, or nothing.
 *
 * One commit holds at most 10,000 entries, all kinds together.
 */
export interface Effects {
  /** What KV keys must hold for the commit to be applied; undefined: the key must be absent. */
  readonly expect?: Readonly<Record<string, Uint8Array | undefined>> | undefined;
  /** Jobs to enqueue. The answers are in {@link CommitResult.enqueued}. */
  readonly enqueue?: readonly EnqueueRequest[] | undefined;
  /** Scheduled jobs to run now. One that is not scheduled is left alone and is no failure. */
  readonly wake?: readonly WakeRequest[] | undefined;
  /** KV entries to write, whatever is there: values by key, each of at most 256 KiB. */
  readonly put?: Readonly<Record<string, Uint8Array>> | undefined;
  /** KV keys to remove. A missing one is no error; one that is also in `put` is. */
  readonly delete?: readonly string[] | undefined;
}

/** A scheduled job to run now, as part of a commit: see {@link Queue.wake}. */
export interface WakeRequest {
  /** The job; one that is not scheduled, or not there, is left alone. */
  readonly jobId: string;
  /** Bytes for the woken job's handler, as `job.wakePayload`. At most 256 KiB. */
  readonly payload?: Uint8Array | undefined;
}

/** What may be said of a job when it is enqueued. */
export interface EnqueueOptions {
  /** 1 to 128 of `[A-Za-z0-9_-]`, unique among the jobs still kept. Default: a new one, sortable by time. */
  readonly id?: string | undefined;
  /** Text that goes with the job, by name; names and values together at most 64 KiB. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the Unix epoch; not later than now means at once. Excludes `delay`. */
  readonly runAt?: number | undefined;
  /** How long from now. Excludes `runAt`. */
  readonly delay?: Duration | undefined;
  /** 0 to 2^32 - 1, lower first. Default: the queue's, which is 1000. */
  readonly priority?: number | undefined;
  /** 1 to 1,000,000. Default: the queue's, which is 3. */
  readonly maxAttempts?: number | undefined;
  /** Default: the queue's. */
  readonly backoff?: BackoffOptions | undefined;
  /** While a pending or scheduled job of this queue holds the key, nothing is enqueued. At most 512 bytes. */
  readonly dedupKey?: string | undefined;
  /** KV writes that go with the job, and are dropped with it when the dedup key is held. */
  readonly kv?: Readonly<Record<string, Uint8Array>> | undefined;
  /**
   * Applied when the job dies, on whatever path, unless the settlement brings its own effects.
   * May not hold `expect`, or another `onDead` inside.
   */
  readonly onDead?: Effects | undefined;
}

/** A job to be enqueued as part of a commit. */
export interface EnqueueRequest extends EnqueueOptions {
  /** The queue's name, which need not exist before: a well-formed string of at most 255 bytes. */
  readonly queue: string;
  /** Bytes for the handler, possibly none. At most 64 MiB. */
  readonly payload: Uint8Array;
}

/** What came of one enqueue. */
export interface EnqueueResult {
  /** The new job's, or that of the job which holds the dedup key. */
  readonly id: string;
  /** False where another job holds the dedup key, so that nothing was enqueued. */
  readonly isNew: boolean;
}

/**
 * What came of a wake. `not_scheduled`: the job is kept, but not waiting for its time; `not_found`: no such
 * job is kept.
 */
export type WakeResult = "woken" | "not_scheduled" | "not_found";

/** Answers to {@link Effects.enqueue} and {@link Effects.wake}, in their order. */
export interface CommitResult {
  /** One answer for each enqueue. */
  readonly enqueued: readonly EnqueueResult[];
  /** One answer for each wake. */
  readonly woken: readonly WakeResult[];
}
