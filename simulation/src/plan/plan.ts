import type { DelayRange, FaultRule } from "@wf/testing";

/**
 * All that happens in one run, as data: made from a seed, replayed from JSON, and made smaller by leaving parts of it
 * out. Times are milliseconds. `pick` chooses among what there is at that moment: the number modulo how many.
 */
export interface Plan {
  readonly seed: number;
  readonly settings: Settings;
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  /** How long after the step before. */
  readonly after: number;
  readonly act: Act;
}

export interface Settings {
  readonly snapshotAfterBytes: number;
  readonly maxWritesInFlight: number;
  readonly offloadAboveBytes: number;
  readonly heartbeat: number | undefined;
  readonly doneRetention: number | undefined;
  readonly deadRetention: number;
  readonly lease: number;
  readonly maxAttempts: number;
  readonly backoffBase: number;
  readonly memoRetention: number | undefined;
  readonly outcomeRetention: number | undefined;
  readonly stepOutputReplay: boolean;
  readonly hook: boolean;
  readonly maxConcurrentSteps: number;
}

/** What the store does to one process. */
export interface Faults {
  readonly delay: DelayRange;
  readonly listPageSize: number;
  readonly rules: readonly FaultRule[];
}

/** Counted from the newest owner that is open. */
type Who = { readonly who: number };

export type Act = ProcessAct | (Who & JobAct) | (Who & KeyValueAct) | (Who & RunAct) | ReaderAct;

/** What becomes of the processes that own the queue. */
export type ProcessAct =
  | { readonly do: "open"; readonly seed: number; readonly faults: Faults }
  | (Who & { readonly do: "crash" })
  | (Who & { readonly do: "pause"; readonly ms: number })
  | (Who & { readonly do: "close" })
  | (Who & { readonly do: "outage"; readonly ms: number });

/** A job to be. Its payload says who it is, and is filled up to `bytes`. */
export interface JobSpec {
  readonly queue: string;
  readonly bytes: number;
  readonly priority?: number | undefined;
  readonly delay?: number | undefined;
  readonly dedupKey?: string | undefined;
  readonly id?: string | undefined;
  readonly maxAttempts?: number | undefined;
  readonly onDead?: CommitSpec | undefined;
  /** For the queue with a worker of its own: what its handler does. */
  readonly script?: HandlerScript | undefined;
}

export interface HandlerScript {
  /** Deliveries that throw before one succeeds. */
  readonly failures: number;
  readonly permanent: boolean;
  readonly ms: number;
  readonly follow: JobSpec | undefined;
}

export interface CommitSpec {
  readonly enqueue: readonly JobSpec[];
  readonly put: readonly string[];
  readonly delete: readonly string[];
  /** `pick`s of scheduled jobs. */
  readonly wake: readonly number[];
  /** Keys that are to be as they were last seen, or absent, or something else: the last is refused. */
  readonly expect: readonly { readonly key: string; readonly be: "seen" | "absent" | "other" }[];
}

export type Settle =
  | "ack"
  | "ack_effects"
  | "nack"
  | "dead"
  | "forget"
  | "late"
  | "twice"
  | "extend";

export type JobAct =
  | { readonly do: "enqueue"; readonly jobs: readonly JobSpec[]; readonly together: boolean }
  | { readonly do: "commit"; readonly commit: CommitSpec }
  | {
      readonly do: "work";
      readonly queue: string;
      readonly max: number;
      readonly lease: number;
      readonly wait: number;
      readonly ms: number;
      readonly settle: Settle;
      readonly effects: CommitSpec;
      readonly retryAfter: number | undefined;
    }
  | { readonly do: "cancel_job"; readonly pick: number; readonly effects: CommitSpec | undefined }
  | { readonly do: "wake"; readonly pick: number }
  | { readonly do: "requeue"; readonly pick: number }
  | { readonly do: "await"; readonly pick: number; readonly ms: number }
  | { readonly do: "inspect"; readonly pick: number; readonly queue: string };

export type KeyValueAct = {
  readonly do: "kv";
  readonly call: "put" | "delete" | "compareAndPut" | "compareAndDelete" | "scan";
  readonly key: string;
  readonly be: "seen" | "absent" | "other";
};

export type RunAct =
  /** `again`: with the input with which this id was submitted last, if it was. */
  | {
      readonly do: "submit";
      readonly runId: string;
      readonly program: Program;
      readonly again: boolean;
    }
  | { readonly do: "signal"; readonly key: string; readonly count: number }
  | { readonly do: "clear_signal"; readonly key: string }
  | { readonly do: "cancel_run"; readonly runId: string }
  | { readonly do: "status"; readonly runId: string }
  | { readonly do: "runs" }
  | { readonly do: "outcome"; readonly runId: string; readonly ms: number };

/** What the steps of a run do, one after the other; the last one ends it. */
export interface Program {
  readonly steps: readonly StepScript[];
  readonly bytes: number;
  readonly maxAttempts: number | undefined;
}

export interface StepScript {
  readonly end:
    | { readonly kind: "next" }
    | { readonly kind: "delay"; readonly ms: number }
    | { readonly kind: "wait"; readonly key: string; readonly ms: number }
    | { readonly kind: "succeed" | "fail" | "cancel" | "permanent" };
  /** Deliveries that throw before one goes on. */
  readonly failures: number;
  readonly ms: number;
  readonly memo: boolean;
}

export type ReaderAct =
  | {
      readonly do: "open_reader";
      readonly seed: number;
      readonly faults: Faults;
      readonly poll: number;
    }
  | { readonly do: "look"; readonly pick: number; readonly refresh: boolean }
  | { readonly do: "close_reader"; readonly pick: number };

/** Where the queue is in the store, and the memos. */
export const QUEUE_PREFIX = "q";
export const MEMO_PREFIX = "memo";
export const QUEUES = ["a", "b"] as const;
/** The queue that a worker works on all the time. */
export const WORKED_QUEUE = "worked";
export const STEP_QUEUE = "workflow-steps";
