import { checkObject } from "../argument-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { type ErrorContext, recognisedAcrossCopies, WfError } from "../errors.ts";
import { checkEffects } from "../queue/checks.ts";
import type { Effects } from "../queue/effects.ts";

/** What a {@link JobError} may say beside its message. */
export interface JobErrorOptions {
  /** What was thrown below, of any kind. */
  readonly cause?: unknown;
  /** Applied if the job dies by this failure, in place of the job's own `onDead`. */
  readonly onDead?: Effects | undefined;
}

/**
 * What a {@link Worker} throws to say whether another try may help. Anything else that is thrown is taken
 * as transient, except a `WfError` whose `retry` is `never`.
 */
export class JobError extends WfError {
  /** How long to wait before the next try, in place of the job's backoff. */
  readonly retryAfterMs: number | undefined;
  /** Applied if the job dies by this failure; undefined: the job's own `onDead` is. */
  readonly onDead: Effects | undefined;

  private constructor(
    code: "WF_JOB_TRANSIENT" | "WF_JOB_PERMANENT",
    message: string,
    context: ErrorContext,
    onDead: Effects | undefined,
    retryAfterMs?: number,
  ) {
    // Here, because a settlement that is refused for them would leave the job to its lease.
    if (onDead !== undefined) checkEffects(onDead, "onDead");
    super(code, message, context);
    this.onDead = onDead;
    this.retryAfterMs = retryAfterMs;
  }

  /**
   * The job is tried again after its backoff, or after `retryAfter`, until its attempts are used up.
   *
   * @throws WF_INVALID_DURATION, and for `onDead` what `Queue.commit` throws for bad effects
   */
  static transient(
    message: string,
    options: JobErrorOptions & { readonly retryAfter?: Duration | undefined } = {},
  ): JobError {
    checkObject(options, "options");
    const { retryAfter, onDead, ...context } = options;
    const retryAfterMs = retryAfter === undefined ? undefined : toMs(retryAfter, "retryAfter");
    return new JobError("WF_JOB_TRANSIENT", message, context, onDead, retryAfterMs);
  }

  /** The job is dead now. @throws for `onDead` what `Queue.commit` throws for bad effects */
  static permanent(message: string, options: JobErrorOptions = {}): JobError {
    checkObject(options, "options");
    const { onDead, ...context } = options;
    return new JobError("WF_JOB_PERMANENT", message, context, onDead);
  }
}
recognisedAcrossCopies(JobError, "JobError");
