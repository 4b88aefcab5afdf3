import type { Clock, RandomSource } from "@wf/core";
import {
  checkClock,
  checkInteger,
  checkList,
  checkObject,
  checkOptions,
  checkRandom,
  type OptionNames,
} from "@wf/core/adapter";
import {
  checkChoice,
  checkShare,
  type DelayRange,
  type FaultRule,
  type MsRange,
  OPERATIONS,
  type ResolvedRule,
  resolveRange,
  resolveRule,
  type StoreOperation,
} from "./fault-rules.ts";

/** What a `FaultyObjectStore` does to the requests of its process. */
export interface FaultyObjectStoreOptions {
  /** On which delays and outages take their time. */
  readonly clock: Clock;
  /** What everything that is left to chance is drawn from, for example `seededRandom(7)`. */
  readonly random: RandomSource;
  /**
   * How long requests take, of every operation or by operation. A request is done at some moment of that time,
   * so that those which are under way together overtake one another. Default: none.
   */
  readonly delay?: DelayRange | Readonly<Partial<Record<StoreOperation, DelayRange>>> | undefined;
  /** Each is tried on each request, in their order; the first that fails it decides. Default: none. */
  readonly rules?: readonly FaultRule[] | undefined;
  /** Objects in one page of a listing, which is one request. 1 to 1,000. Default 1,000. */
  readonly listPageSize?: number | undefined;
  /** Of a write under way at the crash: that it is done all the same, at its time. 0 to 1. Default 0.5. */
  readonly landsAfterCrash?: number | undefined;
  /** What becomes of calls from the crash on: `hang` never settles, as in a process that is gone. Default `hang`. */
  readonly afterCrash?: "hang" | "reject" | undefined;
  /** How many of the newest entries of the trace are kept at least. 0 to 1,000,000. Default 10,000. */
  readonly traceMaxEntries?: number | undefined;
}

export interface ResolvedFaultyOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly delays: ReadonlyMap<StoreOperation, MsRange>;
  readonly rules: readonly ResolvedRule[];
  readonly listPageSize: number;
  readonly landsAfterCrash: number;
  readonly hangs: boolean;
  readonly traceMaxEntries: number;
}

const PAGE_SIZE = 1_000;
const MAX_TRACE_ENTRIES = 1_000_000;
const TRACE_ENTRIES = 10_000;

const NAMES: OptionNames<FaultyObjectStoreOptions> = {
  clock: true,
  random: true,
  delay: true,
  rules: true,
  listPageSize: true,
  landsAfterCrash: true,
  afterCrash: true,
  traceMaxEntries: true,
};

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION naming the field */
export function resolveFaultyOptions(options: FaultyObjectStoreOptions): ResolvedFaultyOptions {
  checkOptions(options, "options", NAMES);
  const { clock, random, delay, rules = [], listPageSize = PAGE_SIZE } = options;
  const { landsAfterCrash = 0.5, afterCrash = "hang", traceMaxEntries = TRACE_ENTRIES } = options;
  checkClock(clock);
  checkRandom(random);
  checkInteger(listPageSize, "listPageSize", 1, PAGE_SIZE);
  checkShare(landsAfterCrash, "landsAfterCrash");
  checkChoice(afterCrash, ["hang", "reject"], "afterCrash");
  checkList(rules, "rules");
  checkInteger(traceMaxEntries, "traceMaxEntries", 0, MAX_TRACE_ENTRIES);
  return {
    clock,
    random,
    delays: resolveDelays(delay),
    rules: rules.map(resolveRule),
    listPageSize,
    landsAfterCrash,
    hangs: afterCrash === "hang",
    traceMaxEntries,
  };
}

function resolveDelays(delay: FaultyObjectStoreOptions["delay"]): Map<StoreOperation, MsRange> {
  const delays = new Map<StoreOperation, MsRange>();
  if (delay === undefined) return delays;
  checkObject(delay, "delay");
  if ("min" in delay) {
    const range = resolveRange(delay, "delay");
    for (const operation of OPERATIONS) delays.set(operation, range);
    return delays;
  }
  for (const [operation, range] of Object.entries(delay)) {
    checkChoice(operation, OPERATIONS, "an operation of delay");
    if (range === undefined) continue;
    delays.set(operation as StoreOperation, resolveRange(range, `delay.${operation}`));
  }
  return delays;
}
