/** What a caller may do after a failure: see {@link WfError.retry}. */
export type Retry = "never" | "safe" | "ambiguous";

/**
 * Every code, and what it says about trying again.
 * Codes are stable API, messages are not. A code exists only where a caller would act differently.
 */
const RETRY_BY_CODE = {
  // The object store
  WF_STORE_ALREADY_EXISTS: "never",
  WF_STORE_UNSUPPORTED: "never",
  WF_STORE_OBJECT_TOO_LARGE: "never",
  WF_STORE_DENIED: "safe",
  WF_STORE_UNAUTHENTICATED: "safe",
  WF_STORE_BUCKET_NOT_FOUND: "safe",
  WF_STORE_MISCONFIGURED: "safe",
  WF_STORE_UNAVAILABLE: "safe",
  WF_STORE_OUTCOME_UNKNOWN: "ambiguous",
  WF_STORE_NOT_INITIALIZED: "safe",
  WF_DATA_CORRUPT: "never",
  WF_LAYOUT_UNSUPPORTED: "never",
  WF_PAYLOAD_MISSING: "never",
  // Bad input: refused before anything is written
  WF_INVALID_ARGUMENT: "never",
  WF_INVALID_DURATION: "never",
  WF_INVALID_KEY: "never",
  WF_INVALID_QUEUE_NAME: "never",
  WF_INVALID_JOB_ID: "never",
  WF_INVALID_RUN_ID: "never",
  WF_DUPLICATE_JOB_ID: "never",
  WF_KV_VALUE_TOO_LARGE: "never",
  WF_RESERVED_HEADER: "never",
  WF_RESERVED_KV_KEY: "never",
  WF_CONFLICTING_EFFECT: "never",
  WF_EFFECTS_SEALED: "never",
  WF_NOT_SERIALIZABLE: "never",
  // The queue
  WF_CONFLICT: "never",
  WF_CLAIM_LOST: "never",
  WF_CANCEL_REQUESTED: "never",
  WF_JOB_NOT_FOUND: "never",
  WF_INVALID_STATE: "never",
  WF_FENCED: "never",
  WF_QUEUE_MOVED: "never",
  WF_CLOSED: "never",
  // Workers and workflows
  WF_JOB_TRANSIENT: "safe",
  WF_JOB_PERMANENT: "never",
  WF_INPUT_MISMATCH: "never",
  WF_INVALID_OUTCOME: "never",
  WF_STEP_TRANSIENT: "safe",
  WF_STEP_PERMANENT: "never",
  WF_SHUTDOWN: "safe",
  WF_SIGNAL_WAITER_EXISTS: "never",
  WF_SIGNAL_BUFFER_FULL: "safe",
  WF_RUN_NOT_FOUND: "never",
  WF_OUTCOME_NOT_KEPT: "never",
  WF_TIMED_OUT: "safe",
} as const satisfies Record<string, Retry>;

/** A code of {@link WfError}. Stable API: codes are added, and keep their meaning. */
export type WfErrorCode = keyof typeof RETRY_BY_CODE;

/** All codes, for tables and tests. */
export const WF_ERROR_CODES = Object.keys(RETRY_BY_CODE) as readonly WfErrorCode[];

/**
 * Makes `instanceof` hold for errors of another copy of this package in the same program: classes are
 * recognised by a registered symbol on their prototype, not by identity.
 */
export function recognisedAcrossCopies(errorClass: { prototype: object }, name: string): void {
  const mark = Symbol.for(`@wf/core:${name}`);
  Object.defineProperty(errorClass.prototype, mark, { value: true });
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true });
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: { prototype: object }, candidate: unknown): boolean {
      // A user's own subclass inherits this check but has no mark of its own.
      if (this !== errorClass) return Function.prototype[Symbol.hasInstance].call(this, candidate);
      return typeof candidate === "object" && candidate !== null && mark in candidate;
    },
  });
}

/** What an error was about, for logs and for programs. */
export interface ErrorContext {
  /** What was thrown below, of any kind; becomes the error's `cause`. */
  readonly cause?: unknown;
  /** The store or KV key, where one is at fault. */
  readonly key?: string;
}

/**
 * The one error family of wf. Branch on `code`; the message is for people and may change.
 *
 * `retry` is derived from the code:
 * - `never`: the same call has the same result.
 * - `safe`: the call had no effect; back off and repeat it.
 * - `ambiguous`: the call may have taken effect; look before repeating it.
 */
export class WfError extends Error {
  /** What went wrong, for programs. Each code has a heading in the documentation of errors. */
  readonly code: WfErrorCode;
  /** What may be done about it. Follows from `code` alone. */
  readonly retry: Retry;
  /** The store or KV key that is at fault; undefined where none is. */
  readonly key: string | undefined;

  /** `retry` follows from `code`. A message says what was wrong, with which value, and what to do. */
  constructor(code: WfErrorCode, message: string, context: ErrorContext = {}) {
    super(message, "cause" in context ? { cause: context.cause } : undefined);
    this.code = code;
    this.retry = RETRY_BY_CODE[code];
    this.key = context.key;
  }

  /** Whether `error` is of this family and, when given, has this code. */
  static is<Code extends WfErrorCode = WfErrorCode>(
    error: unknown,
    code?: Code,
  ): error is WfError & {
    /** One that was asked for. */
    readonly code: Code;
  } {
    return error instanceof WfError && (code === undefined || error.code === code);
  }
}
recognisedAcrossCopies(WfError, "WfError");

/** A failure of an object store, or damage found in what it holds. */
export class StoreError extends WfError {}
recognisedAcrossCopies(StoreError, "StoreError");

/**
 * Another process has taken the store over (`WF_FENCED`). Nothing that this owner acknowledged is lost;
 * what it was still writing was not acknowledged. Open the queue again to take it back.
 */
export class FencedError extends WfError {
  /** With the code `WF_FENCED`. */
  constructor(message: string, context?: ErrorContext) {
    super("WF_FENCED", message, context);
  }
}
recognisedAcrossCopies(FencedError, "FencedError");

/** An `expect` precondition did not hold (`WF_CONFLICT`); nothing of the commit was applied. */
export class ConflictError extends WfError {
  /** With the code `WF_CONFLICT`. */
  constructor(message: string, context?: ErrorContext) {
    super("WF_CONFLICT", message, context);
  }
}
recognisedAcrossCopies(ConflictError, "ConflictError");

/**
 * Whether trying the same thing again is pointless. Anything that is not a {@link WfError} is taken as
 * worth another try, because an unknown failure is more often a passing one.
 */
export function isPermanent(error: unknown): boolean {
  return error instanceof WfError && error.retry === "never";
}

/** The text by which a thrown value is recorded, whatever was thrown. Never fails. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a value that is no Error was thrown: ${text(thrown)}`;
  const own = text(thrown.message || thrown.name);
  return thrown.cause === undefined ? own : `${own} (cause: ${describeCause(thrown.cause)})`;
}

function describeCause(cause: unknown): string {
  return text(cause instanceof Error ? cause.message || cause.name : cause);
}

function text(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype, for one, has no text.
    return `an ${typeof value} without a text`;
  }
}
