import { checkObject } from "../argument-checks.ts";
import { type Clock, systemClock } from "../clock.ts";
import { checkClock, checkRandom } from "../component-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { describeError, StoreError, type WfErrorCode } from "../errors.ts";
import { type Backoff, type BackoffOptions, backoffMs, resolveBackoff } from "../queue/backoff.ts";
import { checkInteger } from "../queue/checks.ts";
import { type RandomSource, systemRandom } from "../random.ts";
import { positiveMs } from "../worker/positive-duration.ts";

const DEFAULT_REQUEST_TIMEOUT: Duration = "30s";
const DEFAULT_MAX_ATTEMPTS = 6;
const DEFAULT_BACKOFF: Backoff = { baseMs: 100, capMs: 10_000, jitter: "full" };
/** Ends the wait for the deadline; made once, because a reason of its own costs more than the timer. */
const ANSWERED = new Error("the request has ended");
/** A server that asks for more is asked again after this. */
const MAX_RETRY_AFTER_MS = 60_000;

/** How a {@link RequestPolicy} sends requests. */
export interface RequestPolicyOptions {
  /** The longest that one try may take, its answer's body included. Default 30 s, at least 1 ms. */
  readonly requestTimeout?: Duration | undefined;
  /** How often a call is tried in all. Default 6, 1 to 100. 1: never again. */
  readonly maxAttempts?: number | undefined;
  /**
   * Waits between tries. Default base 100 ms, cap 10 s, full jitter. Where the server sends `Retry-After`, no
   * less than that, up to a minute.
   */
  readonly retryBackoff?: BackoffOptions | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Where the jitter comes from. Default: the platform's generator. */
  readonly random?: RandomSource | undefined;
}

/** What the failure of one try means. */
export interface RequestFailure {
  /**
   * `WF_STORE_UNAVAILABLE` (nothing happened) and `WF_STORE_OUTCOME_UNKNOWN` (a write may have been applied)
   * are tried again, everything else is final.
   */
  readonly code: WfErrorCode;
  /** What was wrong and what to do, for the message. */
  readonly advice: string;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** One call of an object store's method. */
export interface StoreCall {
  /** For the message: "put a/b". */
  readonly what: string;
  /** The object's, for the error; undefined where the call is about none, or several. */
  readonly key?: string | undefined;
  /** Whether a try without an answer may have changed something. */
  readonly writes: boolean;
  /** Ends the call, also between two tries; it rejects with `signal.reason` then. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What it means that a try failed with `error`. Not asked about a deadline or an abort.
   *
   * @param nowMs the time, in ms since the Unix epoch: for {@link retryAfterMs}
   */
  failure(error: unknown, nowMs: number): RequestFailure;
}

/**
 * How a store adapter sends its requests: each try has a deadline, passing failures are tried again with full
 * jitter, an abort is heeded at once, and the outcome of a write is told honestly: once a try may have been
 * applied, only success or a certain "already exists" ends the call with anything but
 * `WF_STORE_OUTCOME_UNKNOWN`. Switch off the retries of the client beneath.
 */
export class RequestPolicy {
  readonly #timeoutMs: number;
  readonly #maxAttempts: number;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #random: RandomSource;

  /** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION naming the option */
  constructor(options: RequestPolicyOptions = {}) {
    checkObject(options, "options");
    const {
      requestTimeout = DEFAULT_REQUEST_TIMEOUT,
      maxAttempts = DEFAULT_MAX_ATTEMPTS,
      retryBackoff = {},
      clock = systemClock,
      random = systemRandom,
    } = options;
    this.#timeoutMs = positiveMs(requestTimeout, "requestTimeout");
    checkInteger(maxAttempts, "maxAttempts", 1, 100);
    this.#maxAttempts = maxAttempts;
    this.#backoff = resolveBackoff(retryBackoff, DEFAULT_BACKOFF, "retryBackoff");
    checkClock(clock);
    this.#clock = clock;
    checkRandom(random);
    this.#random = random;
  }

  /**
   * The result of `request`, tried as the policy says. `request` gets a signal that ends this try; one that
   * does not heed it is left behind.
   *
   * @throws StoreError as `call.failure` says; `call.signal.reason` once that is aborted
   */
  async run<T>(call: StoreCall, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let mayHaveApplied = false;
    for (let attempts = 1; ; attempts++) {
      call.signal?.throwIfAborted();
      const tried = await this.#try(call.signal, request);
      if ("value" in tried) return tried.value;
      call.signal?.throwIfAborted();
      const failure = this.#meaning(call, tried);
      const isPassing =
        failure.code === "WF_STORE_UNAVAILABLE" || failure.code === "WF_STORE_OUTCOME_UNKNOWN";
      mayHaveApplied ||= failure.code === "WF_STORE_OUTCOME_UNKNOWN";
      if (!isPassing || attempts === this.#maxAttempts) {
        throw this.#error(call, failure, mayHaveApplied, attempts, tried.error);
      }
      const asked = Math.min(failure.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
      const waitMs = Math.max(backoffMs(this.#backoff, attempts, this.#random), asked);
      await this.#clock.sleep(waitMs, call.signal);
    }
  }

  async #try<T>(
    signal: AbortSignal | undefined,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<Tried<T>> {
    const ended = new AbortController();
    const answered = new AbortController();
    let timedOut = false;
    const cut = new Promise<never>((_, reject) => {
      ended.signal.addEventListener("abort", () => reject(ended.signal.reason), { once: true });
    });
    const onAbort = () => ended.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#clock.sleep(this.#timeoutMs, answered.signal).then(
      () => {
        timedOut = true;
        ended.abort(new Error(`no answer within ${this.#timeoutMs} ms`));
      },
      () => {},
    );
    try {
      return { value: await Promise.race([request(ended.signal), cut]) };
    } catch (error) {
      return { error, timedOut };
    } finally {
      answered.abort(ANSWERED);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #meaning(call: StoreCall, { error, timedOut }: Failed): RequestFailure {
    if (!timedOut) return call.failure(error, this.#clock.now());
    return {
      code: call.writes ? "WF_STORE_OUTCOME_UNKNOWN" : "WF_STORE_UNAVAILABLE",
      advice: `the store did not answer within requestTimeout (${this.#timeoutMs} ms)`,
    };
  }

  #error(
    call: StoreCall,
    { code, advice }: RequestFailure,
    mayHaveApplied: boolean,
    attempts: number,
    cause: unknown,
  ): StoreError {
    const isCertain = !mayHaveApplied || code === "WF_STORE_ALREADY_EXISTS";
    const tries = attempts === 1 ? "" : ` after ${attempts} tries`;
    const doubt =
      isCertain || code === "WF_STORE_OUTCOME_UNKNOWN"
        ? ""
        : "; an earlier try may have been applied";
    return new StoreError(
      isCertain ? code : "WF_STORE_OUTCOME_UNKNOWN",
      `${call.what}: ${advice}${tries}${doubt}: ${describeError(cause)}`,
      { cause, ...(call.key === undefined ? {} : { key: call.key }) },
    );
  }
}

type Tried<T> = { readonly value: T } | Failed;

interface Failed {
  readonly error: unknown;
  readonly timedOut: boolean;
}

/**
 * The wait that a `Retry-After` header asks for: seconds, or a date (RFC 9110, 10.2.3). Undefined where there
 * is none that can be read.
 *
 * @param nowMs ms since the Unix epoch
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  if (header === null || header === undefined || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds))
    return seconds < 0 ? undefined : toMs(Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS));
  // biome-ignore lint/style/noRestrictedGlobals: it parses a date and reads no clock
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
