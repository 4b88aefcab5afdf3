import type { JobRecord } from "../state/job-record.ts";

/**
 * The changes that the log records. They are decided before they are written: applying them needs no
 * clock, no randomness and no configuration, so every fold over a log ends in the same state.
 * Times are milliseconds since the Unix epoch.
 */
export type Op =
  /** `job` becomes part of the state itself. */
  | { readonly tag: typeof OpTag.enqueue; readonly job: JobRecord }
  | { readonly tag: typeof OpTag.claim; readonly id: string; readonly at: number }
  | {
      readonly tag: typeof OpTag.done;
      readonly id: string;
      readonly at: number;
      readonly keep: boolean;
    }
  | {
      readonly tag: typeof OpTag.retry;
      readonly id: string;
      readonly at: number;
      readonly error: string;
      /** `at` or before: pending at once. */
      readonly runAt: number;
    }
  | {
      readonly tag: typeof OpTag.release;
      readonly id: string;
      readonly at: number;
      readonly reason: ReleaseReason;
    }
  | {
      readonly tag: typeof OpTag.dead;
      readonly id: string;
      readonly at: number;
      readonly error: string;
    }
  | { readonly tag: typeof OpTag.remove; readonly id: string }
  | { readonly tag: typeof OpTag.requestCancel; readonly id: string }
  | {
      readonly tag: typeof OpTag.wake;
      readonly id: string;
      readonly at: number;
      readonly payload: Uint8Array | undefined;
    }
  | { readonly tag: typeof OpTag.requeue; readonly id: string; readonly at: number }
  | { readonly tag: typeof OpTag.put; readonly key: string; readonly value: Uint8Array }
  | { readonly tag: typeof OpTag.delete; readonly key: string };

/** Why a claimed job went back to pending without its handler's say. */
export type ReleaseReason = "lease_expired" | "interrupted";

/** As stored: a number is never given another meaning. */
export const OpTag = {
  enqueue: 1,
  claim: 2,
  done: 3,
  retry: 4,
  release: 5,
  dead: 6,
  remove: 7,
  requestCancel: 8,
  wake: 9,
  requeue: 10,
  put: 11,
  delete: 12,
} as const;
