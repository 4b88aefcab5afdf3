/** A run to be started. */
export interface RunSpec {
  /** 1 to 128 of `[A-Za-z0-9_-]`. Default: a new one. Free again once the run has ended. */
  readonly runId?: string | undefined;
  /** The payload of the first step, possibly no bytes. At most 64 MiB. */
  readonly input: Uint8Array;
  /** Reach every step and the terminal hook. Names that start with `workflow.` are reserved. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of every step; lower first. Default: the queue's. */
  readonly priority?: number | undefined;
  /** Default: the queue's. */
  readonly maxAttemptsPerStep?: number | undefined;
  /** Application state written with the submission. Keys that start with `workflow/` are reserved. */
  readonly kv?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** What came of a submit. */
export interface Submission {
  /** The id of the run that is active now: as given, or a new one. */
  readonly runId: string;
  /** False where a run of this id and the same input is active already. */
  readonly newlySubmitted: boolean;
}

/**
 * Where an active run stands: its current step is ready to run (`pending`), being run (`running`), or not
 * due yet (`waiting`: a delay, a signal, or the backoff of a failed attempt); or the run was cancelled and ends when
 * its running step does (`cancelling`).
 */
export interface RunStatus {
  /** As submitted. */
  readonly runId: string;
  /** Whether its step is ready, being run or not due yet, or the run is being cancelled. */
  readonly state: "pending" | "running" | "waiting" | "cancelling";
  /** Number of the step that is under way or comes next, 0 for the first. */
  readonly currentStep: number;
  /** Deliveries of the current step so far. */
  readonly attempts: number;
  /** Milliseconds since the Unix epoch. */
  readonly submittedAt: number;
  /** When a waiting step falls due. */
  readonly runAt: number | undefined;
  /** The correlation key of the signal that it waits for until then, if it waits for one. */
  readonly waitingFor: string | undefined;
}

/** How a run ended, as committed. */
export type RunOutcome = RunEnd &
  /** `result` is what the last step gave to `StepOutcome.succeed`. */
  (
    | { readonly status: "succeeded"; readonly result: Uint8Array }
    /** `error` is the reason of `StepOutcome.fail`, or why the last step is dead. */
    | { readonly status: "failed"; readonly error: string }
    /** `reason` is the step's own; undefined for a cancel from outside. */
    | { readonly status: "cancelled"; readonly reason: string | undefined }
  );

interface RunEnd {
  readonly runId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Number of the step in which the run ended. */
  readonly finalStep: number;
  readonly terminatedAt: number;
}
