import type { Duration } from "../duration.ts";
import type { BackoffOptions } from "./backoff.ts";

/**
 * What a commit does beside the settlement it may go with. All of it is applied, or nothing.
 *
 * One commit holds at most {@link MAX_EFFECTS} entries.
 */
export interface Effects {
  /** What KV keys must hold for the commit to be applied; undefined: the key must be absent. */
  readonly expect?: Readonly<Record<string, Uint8Array | undefined>> | undefined;
  readonly enqueue?: readonly EnqueueRequest[] | undefined;
  /** Scheduled jobs to run now. One that is not scheduled is left alone and is no failure. */
  readonly wake?: readonly WakeRequest[] | undefined;
  readonly put?: Readonly<Record<string, Uint8Array>> | undefined;
  readonly delete?: readonly string[] | undefined;
}

export interface WakeRequest {
  readonly jobId: string;
  /** Bytes for the woken job's handler, as `job.wakePayload`. At most 256 KiB. */
  readonly payload?: Uint8Array | undefined;
}

export interface EnqueueOptions {
  /** 1 to 128 of `[A-Za-z0-9_-]`, unique among the jobs still kept. Default: a new one, sortable by time. */
  readonly id?: string | undefined;
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

export interface EnqueueRequest extends EnqueueOptions {
  readonly queue: string;
  readonly payload: Uint8Array;
}

export interface EnqueueResult {
  /** The new job's, or that of the job which holds the dedup key. */
  readonly id: string;
  readonly isNew: boolean;
}

export type WakeResult = "woken" | "not_scheduled" | "not_found";

/** Answers to {@link Effects.enqueue} and {@link Effects.wake}, in their order. */
export interface CommitResult {
  readonly enqueued: readonly EnqueueResult[];
  readonly woken: readonly WakeResult[];
}
