import { checkOptions, type OptionNames, show } from "../argument-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import type { RandomSource } from "../random.ts";

/** Waits between the tries of what fails. The defaults are a queue's; an option with others says so. */
export interface BackoffOptions {
  /** Wait after the first failure, doubled after each further one. Default 1 s. 0: retry at once. */
  readonly base?: Duration | undefined;
  /** The longest wait. Default 300 s. */
  readonly cap?: Duration | undefined;
  /**
   * `full`: the wait is drawn evenly between 0 and the doubled base, so that jobs that failed together
   * do not return together. `none`: the doubled base itself. Default `full`.
   */
  readonly jitter?: "full" | "none" | undefined;
}

/** {@link BackoffOptions} with everything resolved, as adapters keep it. */
export interface Backoff {
  /** Milliseconds after the first failure, doubled after each further one. 0: retry at once. */
  readonly baseMs: number;
  /** The longest wait, in milliseconds. */
  readonly capMs: number;
  /** `full`: drawn evenly from 0 to the doubled base; `none`: the doubled base itself. */
  readonly jitter: "full" | "none";
}

/** What a queue does without settings: 1 s, doubled up to 300 s, with full jitter. */
export const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, capMs: 300_000, jitter: "full" };

const NAMES: OptionNames<BackoffOptions> = { base: true, cap: true, jitter: true };

/**
 * @param name how the options are called in the error
 * @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT naming the field
 */
export function resolveBackoff(
  options: BackoffOptions,
  defaults: Backoff,
  name = "backoff",
): Backoff {
  checkOptions(options, name, NAMES);
  const { base, cap, jitter = defaults.jitter } = options;
  if (jitter !== "full" && jitter !== "none") {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `${name}.jitter is ${show(jitter)}: give "full" or "none"`,
    );
  }
  return {
    baseMs: base === undefined ? defaults.baseMs : toMs(base, `${name}.base`),
    capMs: cap === undefined ? defaults.capMs : toMs(cap, `${name}.cap`),
    jitter,
  };
}

/** Milliseconds to wait after delivery number `attempts` (from 1) has failed. */
export function backoffMs(backoff: Backoff, attempts: number, random: RandomSource): number {
  const doubled = Math.min(backoff.baseMs * 2 ** (attempts - 1), backoff.capMs);
  const most = backoff.baseMs === 0 ? 0 : doubled;
  return backoff.jitter === "none" ? most : Math.round(most * random());
}
