import { checkText } from "../argument-checks.ts";
import { type Duration, MAX_DURATION_MS, toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import { checkBytes } from "../queue/checks.ts";
import { checkCorrelationKey } from "./run-keys.ts";

/** How a step ended. Make one with the functions of the same name. */
export type StepOutcome =
  /** The next step runs with `payload`, `delayMs` milliseconds from now. */
  | { readonly kind: "continue"; readonly payload: Uint8Array; readonly delayMs: number }
  /** The next step runs with `payload` once a signal came, or after `timeoutMs` milliseconds. */
  | {
      readonly kind: "continueOnSignal";
      readonly payload: Uint8Array;
      readonly correlationKey: string;
      readonly timeoutMs: number;
    }
  /** The run is over, with the bytes that `RunOutcome` brings. */
  | { readonly kind: "succeed"; readonly result: Uint8Array }
  /** The run is over without success, for a reason of its own. */
  | { readonly kind: "fail"; readonly reason: string }
  /** The run is over because its step wants it so. */
  | { readonly kind: "cancel"; readonly reason: string };

/** Makes the outcomes that a step can end with. */
export const StepOutcome = {
  /** The next step runs at once, with `payload`. */
  continueNow(payload: Uint8Array): StepOutcome {
    return StepOutcome.continueAfter(payload, 0);
  },
  /** The next step runs with `payload` once `delay` has passed; no process has to be up meanwhile. */
  continueAfter(payload: Uint8Array, delay: Duration): StepOutcome {
    checkBytes(payload, "payload of the next step");
    return { kind: "continue", payload, delayMs: toMs(delay, "delay of the next step") };
  },
  /**
   * The next step runs with `payload` once `WorkflowRuntime.signal` was called with `correlationKey`, or
   * after `timeout`; no process has to be up meanwhile. Its `signal` is what the signal brought, undefined
   * where the time ran out. A signal that came before is taken at once, the oldest first, and one wait takes
   * one. Only one run waits for a key at a time: a second one fails with WF_SIGNAL_WAITER_EXISTS.
   *
   * @param correlationKey any well-formed string of 1 to 1,024 bytes
   * @throws WF_INVALID_KEY, WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  continueOnSignal(payload: Uint8Array, correlationKey: string, timeout: Duration): StepOutcome {
    checkBytes(payload, "payload of the next step");
    checkCorrelationKey(correlationKey);
    const timeoutMs = toMs(timeout, "timeout of the signal");
    return { kind: "continueOnSignal", payload, correlationKey, timeoutMs };
  },
  /** The run has succeeded with `result`. */
  succeed(result: Uint8Array): StepOutcome {
    checkBytes(result, "result");
    return { kind: "succeed", result };
  },
  /** The run has failed, for a reason of its own and without another try. @throws WF_INVALID_ARGUMENT */
  fail(reason: string): StepOutcome {
    checkText(reason, "reason");
    return { kind: "fail", reason };
  },
  /** The run is cancelled by its own step. @throws WF_INVALID_ARGUMENT */
  cancel(reason: string): StepOutcome {
    checkText(reason, "reason");
    return { kind: "cancel", reason };
  },
} as const;

/**
 * What a runner returned, as an outcome.
 *
 * @throws WF_INVALID_OUTCOME where it is none, as it can be in JavaScript
 */
export function checkOutcome(returned: unknown): StepOutcome {
  const outcome = returned as StepOutcome | null | undefined;
  switch (outcome?.kind) {
    case "continue":
      if (outcome.payload instanceof Uint8Array && isDelay(outcome.delayMs)) return outcome;
      break;
    case "continueOnSignal":
      checkCorrelationKey(outcome.correlationKey);
      if (outcome.payload instanceof Uint8Array && isDelay(outcome.timeoutMs)) return outcome;
      break;
    case "succeed":
      if (outcome.result instanceof Uint8Array) return outcome;
      break;
    case "fail":
    case "cancel":
      if (typeof outcome.reason === "string") return outcome;
  }
  throw new WfError(
    "WF_INVALID_OUTCOME",
    `the step runner returned ${display(returned)}; return what a function of StepOutcome gives`,
  );
}

function isDelay(ms: number): boolean {
  return ms >= 0 && ms <= MAX_DURATION_MS;
}

function display(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : String(value);
  }
  return `an object with the keys ${JSON.stringify(Object.keys(value).slice(0, 10))}`;
}
