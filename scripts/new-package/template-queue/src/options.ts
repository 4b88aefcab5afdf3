import {
  type BackoffOptions,
  type Clock,
  type Duration,
  type RandomSource,
  systemClock,
  systemRandom,
  toMs,
  WfError,
} from "@wf/core";
import {
  type Backoff,
  checkClock,
  checkInteger,
  checkObject,
  checkOptions,
  checkQueueName,
  checkRandom,
  DEFAULT_BACKOFF,
  type OptionNames,
  resolveBackoff,
  show,
} from "@wf/core/adapter";

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

/** What {@link TemplateQueue.open} takes beside the database. */
export interface TemplateQueueOptions {
  /** Settings by queue name; queues that are not named have the defaults. */
  readonly queues?: Readonly<Record<string, QueueConfig>> | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: the platform's. For backoff. */
  readonly random?: RandomSource | undefined;
}

const NAMES: OptionNames<TemplateQueueOptions> = { queues: true, clock: true, random: true };

const CONFIG_NAMES: OptionNames<QueueConfig> = {
  maxAttempts: true,
  lease: true,
  priority: true,
  backoff: true,
  doneRetention: true,
  deadRetention: true,
};

export interface ResolvedQueueConfig {
  readonly maxAttempts: number;
  readonly leaseMs: number;
  readonly priority: number;
  readonly backoff: Backoff;
  /** Undefined: not kept. */
  readonly doneRetentionMs: number | undefined;
  /** Undefined: for ever. */
  readonly deadRetentionMs: number | undefined;
}

export interface ResolvedOptions {
  readonly configOf: (queue: string) => ResolvedQueueConfig;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME naming the field */
export function resolveOptions(options: TemplateQueueOptions): ResolvedOptions {
  checkOptions(options, "options", NAMES);
  const { queues = {}, clock = systemClock, random = systemRandom } = options;
  checkObject(queues, "queues");
  checkClock(clock);
  checkRandom(random);
  const configs = new Map(
    Object.entries(queues).map(([name, config]) => {
      checkQueueName(name);
      return [name, resolveQueue(config, `queues[${show(name)}]`)];
    }),
  );
  const defaults = resolveQueue({}, "queue");
  return { configOf: (queue) => configs.get(queue) ?? defaults, clock, random };
}

function resolveQueue(config: QueueConfig, name: string): ResolvedQueueConfig {
  checkOptions(config, name, CONFIG_NAMES);
  const { maxAttempts = 3, lease = "30s", priority = 1_000 } = config;
  const { backoff = {}, doneRetention, deadRetention = "7d" } = config;
  checkInteger(maxAttempts, `${name}.maxAttempts`, 1, 1_000_000);
  checkInteger(priority, `${name}.priority`, 0, 2 ** 32 - 1);
  return {
    maxAttempts,
    leaseMs: leaseMs(lease, `${name}.lease`),
    priority,
    backoff: resolveBackoff(backoff, DEFAULT_BACKOFF, `${name}.backoff`),
    doneRetentionMs:
      doneRetention === undefined ? undefined : toMs(doneRetention, `${name}.doneRetention`),
    deadRetentionMs:
      deadRetention === "forever" ? undefined : toMs(deadRetention, `${name}.deadRetention`),
  };
}

/** @throws WF_INVALID_DURATION */
export function leaseMs(lease: Duration, name: string): number {
  const ms = toMs(lease, name);
  if (ms > 0) return ms;
  throw new WfError("WF_INVALID_DURATION", `${name} is 0: a lease lasts longer than that`);
}
