import { toMs } from "../duration.ts";
import { checkCallOptions, checkInteger, checkQueueName } from "./checks.ts";
import type { ClaimOptions } from "./queue.ts";
import { leaseMs } from "./queue-config.ts";

const MAX_CLAIMS = 10_000;

/** {@link ClaimOptions} with nothing left open; times in milliseconds. */
export interface ResolvedClaimOptions {
  /** How many jobs at most. */
  readonly max: number;
  /** How long the claims last unless they are extended. */
  readonly leaseMs: number;
  /** How long to wait for a job. */
  readonly waitMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks the arguments of `Queue.claim` and fills in the defaults.
 *
 * @param defaultLeaseMs the queue's
 * @throws WF_INVALID_QUEUE_NAME, WF_INVALID_ARGUMENT, WF_INVALID_DURATION
 */
export function resolveClaimOptions(
  queueName: string,
  options: ClaimOptions,
  defaultLeaseMs: number,
): ResolvedClaimOptions {
  checkQueueName(queueName);
  checkCallOptions(options);
  const { max = 1, lease, wait = 0, signal } = options;
  checkInteger(max, "max", 1, MAX_CLAIMS);
  return {
    max,
    leaseMs: lease === undefined ? defaultLeaseMs : leaseMs(lease, "lease"),
    waitMs: toMs(wait, "wait"),
    signal,
  };
}
