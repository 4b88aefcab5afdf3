import { checkObject } from "../argument-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { type ErrorContext, recognisedAcrossCopies, WfError } from "../errors.ts";

/** What a step throws to say whether another try may help. Anything else that is thrown is taken as transient. */
export class StepError extends WfError {
  /** How long to wait before the next try, in place of the queue's backoff. */
  readonly retryAfterMs: number | undefined;

  private constructor(
    code: "WF_STEP_TRANSIENT" | "WF_STEP_PERMANENT",
    message: string,
    context: ErrorContext,
    retryAfterMs?: number,
  ) {
    super(code, message, context);
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * The step is tried again after its backoff, or after `retryAfter`, until its attempts are used up.
   *
   * @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  static transient(
    message: string,
    options: { readonly cause?: unknown; readonly retryAfter?: Duration } = {},
  ): StepError {
    checkObject(options, "options");
    const { retryAfter, ...context } = options;
    const retryAfterMs = retryAfter === undefined ? undefined : toMs(retryAfter, "retryAfter");
    return new StepError("WF_STEP_TRANSIENT", message, context, retryAfterMs);
  }

  /** The run fails now. @throws WF_INVALID_ARGUMENT */
  static permanent(message: string, options: { readonly cause?: unknown } = {}): StepError {
    checkObject(options, "options");
    return new StepError("WF_STEP_PERMANENT", message, options);
  }
}
recognisedAcrossCopies(StepError, "StepError");
