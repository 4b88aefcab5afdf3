import type { NewJob } from "./prepared-effects.ts";

/** One thing that a transaction does. A batch holds at most one change of a job that is there already. */
export type Change =
  | { readonly kind: "insert"; readonly job: NewJob }
  | { readonly kind: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: "delete"; readonly key: string }
  /** A claimed job is acknowledged: removed, or kept as done. */
  | (Settled & { readonly kind: "done"; readonly keep: boolean })
  | (Settled & { readonly kind: "dead"; readonly error: string })
  /** A claimed job is pending again, or scheduled for later. */
  | (Settled & { readonly kind: "retry"; readonly error: string; readonly delayMs: number })
  | { readonly kind: "remove"; readonly id: string; readonly queue: string }
  | { readonly kind: "requestCancel"; readonly id: string }
  | {
      readonly kind: "wake";
      readonly id: string;
      readonly queue: string;
      readonly payload: Uint8Array | undefined;
    }
  /** A dead job gets a new life. */
  | { readonly kind: "requeue"; readonly id: string; readonly queue: string };

interface Settled {
  readonly id: string;
  readonly queue: string;
  /** The delivery that it is the end of: nothing of the batch is done where the job is in another. */
  readonly token: string;
}
