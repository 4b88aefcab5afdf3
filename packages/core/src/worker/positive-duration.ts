import { show } from "../argument-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { WfError } from "../errors.ts";

/**
 * `duration` in milliseconds, at least 1.
 *
 * @param name how the value is called in the error
 * @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT
 */
export function positiveMs(duration: Duration, name: string): number {
  const ms = toMs(duration, name);
  if (ms >= 1) return ms;
  throw new WfError("WF_INVALID_ARGUMENT", `${name} is ${show(duration)}: give at least 1 ms`);
}
