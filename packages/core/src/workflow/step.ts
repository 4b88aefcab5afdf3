import type { Duration } from "../duration.ts";
import type { Memo } from "../memo/memo.ts";
import type { StepEffects } from "./step-effects.ts";
import type { StepOutcome } from "./step-outcome.ts";

/** What a runner gets for one step of a run. */
export interface Step {
  /** The run that this step is of. */
  readonly runId: string;
  /** 0 for the first. */
  readonly stepNumber: number;
  /** The run's input for step 0, else what the step before passed on. */
  readonly payload: Uint8Array;
  /** As given to `submit`; the same for every step. */
  readonly headers: Readonly<Record<string, string>>;
  /** The job that carries the step: the same for all of its attempts, another for every step. */
  readonly jobId: string;
  /** Number of this attempt, from 1. More than 1 means that an earlier one failed or was cut off. */
  readonly attempts: number;
  /**
   * Aborted for one of four reasons, by code: the run was cancelled (`WF_CANCEL_REQUESTED`), the lease is lost
   * (`WF_CLAIM_LOST`), the queue is (`WF_FENCED`, or `WF_CLOSED`), or the runtime is told to stop (`WF_SHUTDOWN`). A step may heed it; nothing
   * stops it by force. At a shutdown the step is waited for and its outcome counts, so the way to heed that
   * is to return early; a step that throws has used one of its attempts, and is tried again at once.
   */
  readonly abortSignal: AbortSignal;
  /**
   * What the signal brought that this step waited for ({@link StepOutcome.continueOnSignal}), the same for
   * every attempt. Undefined when the wait timed out, and for steps that waited for none. A step that timed
   * out and failed may find a late signal in a further attempt.
   */
  readonly signal: Uint8Array | undefined;
  /** Results kept for the further attempts of this step. */
  readonly memo: Memo;
  /** KV changes that are committed with the step's outcome. */
  readonly effects: StepEffects;
  /** Makes sure that the lease lasts so long yet. It renews itself while the step runs. @throws WF_CLAIM_LOST */
  ensureLease(remaining: Duration): Promise<void>;
}

/**
 * The application's side: runs one step and says how it ended. A step may run more than once, because the
 * process can die after its work and before its outcome is durable: use `step.memo` for what must not be
 * paid for twice.
 */
export type StepRunner = { runStep(step: Step): Promise<StepOutcome> } | StepFunction;
/** A {@link StepRunner} that is a function. */
export type StepFunction = (step: Step) => Promise<StepOutcome>;
