import {
  type Clock,
  type QueueConfig,
  type RandomSource,
  systemClock,
  systemRandom,
} from "@wf/core";
import {
  checkClock,
  checkOptions,
  checkRandom,
  DEFAULT_QUEUE_CONFIG,
  type OptionNames,
  type ResolvedQueueConfig,
  resolveQueueConfigs,
} from "@wf/core/adapter";

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

export interface ResolvedOptions {
  readonly configOf: (queue: string) => ResolvedQueueConfig;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME naming the field */
export function resolveOptions(options: TemplateQueueOptions): ResolvedOptions {
  checkOptions(options, "options", NAMES);
  const { queues = {}, clock = systemClock, random = systemRandom } = options;
  checkClock(clock);
  checkRandom(random);
  const configs = resolveQueueConfigs(queues);
  return { configOf: (queue) => configs.get(queue) ?? DEFAULT_QUEUE_CONFIG, clock, random };
}
