import { show } from "./argument-checks.ts";
import { WfError } from "./errors.ts";

/** A span of time: milliseconds, or a number with a unit such as `"250ms"`, `"30s"`, `"7d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** The longest duration: 100,000 days, so that a time plus a duration stays a valid date. */
export const MAX_DURATION_MS = 100_000 * UNIT_MS.d;

/**
 * `duration` in whole milliseconds, rounded up, so that nothing happens early.
 *
 * @param name how the value is called in the error
 * @throws WF_INVALID_DURATION when it is negative, not finite, over 100,000 days, or not of this form
 */
export function toMs(duration: Duration, name = "duration"): number {
  const ms = typeof duration === "number" ? duration : parse(duration);
  if (!(ms >= 0 && ms <= MAX_DURATION_MS)) {
    throw new WfError(
      "WF_INVALID_DURATION",
      `${name} is ${show(duration)}: give milliseconds from 0 to ${MAX_DURATION_MS}, ` +
        `or a number with a unit such as "250ms", "30s", "5m", "12h" or "7d"`,
    );
  }
  return Math.ceil(ms);
}

function parse(text: unknown): number {
  const match = typeof text === "string" ? PATTERN.exec(text) : null;
  return match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : Number.NaN;
}
