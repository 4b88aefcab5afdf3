import type { EnqueueRequest } from "../queue/effects.ts";
import type { StepEffects } from "./step-effects.ts";

/** What is committed with the end of a notification; refuses what {@link StepEffects} refuses. */
export interface TerminalEffects extends StepEffects {
  /**
   * A job to be enqueued, on any queue. Checked at once; header names that start with `workflow.` are
   * refused (WF_RESERVED_HEADER).
   */
  enqueue(request: EnqueueRequest): void;
}
