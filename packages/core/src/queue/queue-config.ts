import { checkObject, checkOptions, type OptionNames, show } from "../argument-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import { type Backoff, type BackoffOptions, DEFAULT_BACKOFF, resolveBackoff } from "./backoff.ts";
import { checkInteger, checkQueueName, MAX_ATTEMPTS, MAX_PRIORITY } from "./checks.ts";

/** How one queue treats its jobs. What an enqueue or claim says itself goes first. */
export interface QueueConfig {
  /** Deliveries before a job is dead, 1 to 1,000,000. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** How long a claim lasts unless it is extended. More than 0. Default 30 s. */
  readonly lease?: Duration | undefined;
  /** 0 to 2^32 - 1, lower first. Default 1000. */
  readonly priority?: number | undefined;
  /** Waits before failed jobs are tried again. Default base 1 s, cap 300 s, full jitter. */
  readonly backoff?: BackoffOptions | undefined;
  /** How long a done job is kept. Default: it is removed when acknowledged. */
  readonly doneRetention?: Duration | undefined;
  /** How long a dead job is kept. Default 7 days. */
  readonly deadRetention?: Duration | "forever" | undefined;
}

/** A {@link QueueConfig} with nothing left open; times in milliseconds. */
export interface ResolvedQueueConfig {
  /** Deliveries before a job is dead. */
  readonly maxAttempts: number;
  /** How long a claim lasts unless it is extended. */
  readonly leaseMs: number;
  /** Lower first. */
  readonly priority: number;
  /** Waits before failed jobs are tried again. */
  readonly backoff: Backoff;
  /** Undefined: a done job is not kept. */
  readonly doneRetentionMs: number | undefined;
  /** Undefined: a dead job is kept for ever. */
  readonly deadRetentionMs: number | undefined;
}

/** Of a queue for which nothing was set. */
export const DEFAULT_QUEUE_CONFIG: ResolvedQueueConfig = Object.freeze({
  maxAttempts: 3,
  leaseMs: 30_000,
  priority: 1_000,
  backoff: DEFAULT_BACKOFF,
  doneRetentionMs: undefined,
  deadRetentionMs: 7 * 86_400_000,
});

const NAMES: OptionNames<QueueConfig> = {
  maxAttempts: true,
  lease: true,
  priority: true,
  backoff: true,
  doneRetention: true,
  deadRetention: true,
};

/**
 * Checks the settings of queues by name and fills in the defaults.
 *
 * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME naming the queue and the field
 */
export function resolveQueueConfigs(
  queues: Readonly<Record<string, QueueConfig>>,
): ReadonlyMap<string, ResolvedQueueConfig> {
  checkObject(queues, "queues");
  return new Map(Object.entries(queues).map(([name, config]) => [name, resolve(name, config)]));
}

function resolve(name: string, config: QueueConfig): ResolvedQueueConfig {
  checkQueueName(name);
  const defaults = DEFAULT_QUEUE_CONFIG;
  const field = (key: keyof QueueConfig) => `queues[${show(name)}].${key}`;
  checkOptions(config, `queues[${show(name)}]`, NAMES);
  const { maxAttempts = defaults.maxAttempts, priority = defaults.priority, backoff = {} } = config;
  checkInteger(maxAttempts, field("maxAttempts"), 1, MAX_ATTEMPTS);
  checkInteger(priority, field("priority"), 0, MAX_PRIORITY);
  const { lease, doneRetention, deadRetention } = config;
  return {
    maxAttempts,
    leaseMs: lease === undefined ? defaults.leaseMs : leaseMs(lease, field("lease")),
    priority,
    backoff: resolveBackoff(backoff, defaults.backoff, field("backoff")),
    doneRetentionMs:
      doneRetention === undefined ? undefined : toMs(doneRetention, field("doneRetention")),
    deadRetentionMs:
      deadRetention === "forever"
        ? undefined
        : deadRetention === undefined
          ? defaults.deadRetentionMs
          : toMs(deadRetention, field("deadRetention")),
  };
}

/** @throws WF_INVALID_DURATION, also where the lease is 0 */
export function leaseMs(lease: Duration, name: string): number {
  const ms = toMs(lease, name);
  if (ms > 0) return ms;
  throw new WfError("WF_INVALID_DURATION", `${name} is 0: a lease lasts longer than that`);
}
