import { type Duration, toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import type { RandomSource } from "../random.ts";

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

export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
  readonly jitter: "full" | "none";
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, capMs: 300_000, jitter: "full" };

/** @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT naming the field */
export function resolveBackoff(options: BackoffOptions, defaults: Backoff): Backoff {
  const { jitter = defaults.jitter } = options;
  if (jitter !== "full" && jitter !== "none") {
    const given = JSON.stringify(jitter);
    throw new WfError("WF_INVALID_ARGUMENT", `backoff.jitter is ${given}: give "full" or "none"`);
  }
  return {
    baseMs: options.base === undefined ? defaults.baseMs : toMs(options.base, "backoff.base"),
    capMs: options.cap === undefined ? defaults.capMs : toMs(options.cap, "backoff.cap"),
    jitter,
  };
}

/** Milliseconds to wait after delivery number `attempts` (from 1) has failed. */
export function backoffMs(backoff: Backoff, attempts: number, random: RandomSource): number {
  const doubled = Math.min(backoff.baseMs * 2 ** (attempts - 1), backoff.capMs);
  const most = backoff.baseMs === 0 ? 0 : doubled;
  return backoff.jitter === "none" ? most : Math.round(most * random());
}
