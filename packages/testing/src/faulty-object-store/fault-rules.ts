import { type Duration, toMs, WfError } from "@wf/core";
import { checkList, checkObject, checkOptions, type OptionNames, show } from "@wf/core/adapter";

/** The methods of an `ObjectStore`; each page of a listing is a `list` of its own. */
export type StoreOperation = "put" | "get" | "delete" | "list";

/** A time between two bounds, drawn evenly. At least 0; `max` not below `min`. */
export interface DelayRange {
  /** The shortest. */
  readonly min: Duration;
  /** The longest. */
  readonly max: Duration;
}

/** What may happen to a request. What does not apply to a read is `unavailable` there. */
export type Fault =
  /** It takes so much longer. */
  | ({ readonly kind: "slow" } & DelayRange)
  /** It is not done, and fails with WF_STORE_UNAVAILABLE. */
  | { readonly kind: "unavailable" }
  /** It is done, and fails with WF_STORE_OUTCOME_UNKNOWN. */
  | { readonly kind: "lost_answer" }
  /** It fails with WF_STORE_OUTCOME_UNKNOWN, and is done so much later all the same. */
  | ({ readonly kind: "late" } & DelayRange)
  /** It and all that the rule is for fail with WF_STORE_UNAVAILABLE for so long. */
  | { readonly kind: "throttled"; readonly lasts: Duration }
  /** It and everything else fail with WF_STORE_UNAVAILABLE for so long. */
  | { readonly kind: "outage"; readonly lasts: Duration }
  /** The process ends with it under way: see `FaultyObjectStore.crash`. */
  | { readonly kind: "crash" };

/** A fault, and which requests may meet it. */
export interface FaultRule {
  /** Default: all. */
  readonly on?: StoreOperation | readonly StoreOperation[] | undefined;
  /**
   * A prefix, or a pattern without the flags g and y, of the key; of the prefix that is listed; of any of the
   * keys that are deleted. Default: all.
   */
  readonly keys?: string | RegExp | undefined;
  /** Of one request that the rule is for, 0 to 1. */
  readonly probability: number;
  /** What happens to a request that meets it. */
  readonly fault: Fault;
}

export interface MsRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A rule as it is worked with. */
export interface ResolvedRule {
  readonly kind: Fault["kind"];
  readonly probability: number;
  /** Of `slow` and `late`; `throttled` and `outage` last exactly `minMs`. */
  readonly range: MsRange;
  isFor(operation: StoreOperation, keys: readonly string[]): boolean;
}

export const OPERATIONS: readonly StoreOperation[] = ["put", "get", "delete", "list"];

const RULE_NAMES: OptionNames<FaultRule> = {
  on: true,
  keys: true,
  probability: true,
  fault: true,
};

const NO_RANGE: MsRange = { minMs: 0, maxMs: 0 };

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION naming the field */
export function resolveRule(rule: FaultRule, index: number): ResolvedRule {
  const name = `rules[${index}]`;
  checkOptions(rule, name, RULE_NAMES);
  checkShare(rule.probability, `${name}.probability`);
  const operations = resolveOperations(rule.on, `${name}.on`);
  const matches = resolveKeys(rule.keys, `${name}.keys`);
  const { kind, range } = resolveFault(rule.fault, `${name}.fault`);
  return {
    kind,
    range,
    probability: rule.probability,
    isFor: (operation, keys) => operations.includes(operation) && keys.some(matches),
  };
}

/** @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT */
export function resolveRange(range: DelayRange, name: string): MsRange {
  checkObject(range, name);
  const { min, max } = range;
  const minMs = toMs(min, `${name}.min`);
  const maxMs = toMs(max, `${name}.max`);
  if (minMs <= maxMs) return { minMs, maxMs };
  throw invalid(`${name}.max`, max, `${name}.min or more, which is ${show(min)}`);
}

/** @throws WF_INVALID_ARGUMENT where `value` is no number from 0 to 1 */
export function checkShare(value: number, name: string): void {
  if (typeof value === "number" && value >= 0 && value <= 1) return;
  throw invalid(name, value, "a number from 0 to 1");
}

/** @throws WF_INVALID_ARGUMENT where `value` is none of `choices` */
export function checkChoice(value: unknown, choices: readonly string[], name: string): void {
  if (choices.includes(value as string)) return;
  throw invalid(name, value, choices.join(", "));
}

function resolveOperations(on: FaultRule["on"], name: string): readonly StoreOperation[] {
  if (on === undefined) return OPERATIONS;
  const operations = typeof on === "string" ? [on] : on;
  checkList(operations, name);
  for (const operation of operations) checkChoice(operation, OPERATIONS, name);
  return operations;
}

function resolveKeys(keys: FaultRule["keys"], name: string): (key: string) => boolean {
  if (keys === undefined) return () => true;
  if (typeof keys === "string") return (key) => key.startsWith(keys);
  if (!(keys instanceof RegExp) || keys.global || keys.sticky) {
    throw invalid(name, keys, "a prefix, or a RegExp without the flags g and y");
  }
  return (key) => keys.test(key);
}

function resolveFault(fault: Fault, name: string): { kind: Fault["kind"]; range: MsRange } {
  switch (fault?.kind) {
    case "slow":
    case "late":
      return { kind: fault.kind, range: resolveRange(fault, name) };
    case "throttled":
    case "outage": {
      const ms = toMs(fault.lasts, `${name}.lasts`);
      return { kind: fault.kind, range: { minMs: ms, maxMs: ms } };
    }
    case "unavailable":
    case "lost_answer":
    case "crash":
      return { kind: fault.kind, range: NO_RANGE };
    default:
      throw invalid(
        `${name}.kind`,
        (fault as { kind?: unknown } | undefined)?.kind,
        "slow, unavailable, lost_answer, late, throttled, outage, crash",
      );
  }
}

function invalid(name: string, value: unknown, allowed: string): WfError {
  const shown = value instanceof RegExp ? String(value) : show(value);
  return new WfError("WF_INVALID_ARGUMENT", `${name} is ${shown}: give ${allowed}`);
}
