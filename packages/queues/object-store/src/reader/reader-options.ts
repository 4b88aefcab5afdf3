import {
  type Clock,
  type Duration,
  type Logger,
  type RandomSource,
  silentLogger,
  systemClock,
  systemRandom,
  toMs,
  WfError,
} from "@wf/core";
import {
  checkClock,
  checkKeyPrefix,
  checkLogger,
  checkOptions,
  checkRandom,
  type OptionNames,
} from "@wf/core/adapter";
import { KEY_ROOM_BYTES } from "../layout/keys.ts";

/** What {@link ObjectStoreQueueReader.open} takes. All but `prefix` have defaults. */
export interface ObjectStoreQueueReaderOptions {
  /** Where in the store the queue is: the `prefix` that its owner opens it with. */
  readonly prefix: string;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: the platform's. For the jitter of retries. */
  readonly random?: RandomSource | undefined;
  /** Default: logs nothing. */
  readonly logger?: Logger | undefined;
  /** How long to rest when nothing is new, 10 ms to 1 day. Default 1 s. */
  readonly pollInterval?: Duration | undefined;
}

export interface ResolvedReaderOptions {
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly pollMs: number;
}

/** One GET a second costs about a dollar a month on S3, and a reader that is a second behind is of use. */
const DEFAULT_POLL_MS = 1_000;
const MIN_POLL_MS = 10;
const MAX_POLL_MS = 86_400_000;

const NAMES: OptionNames<ObjectStoreQueueReaderOptions> = {
  prefix: true,
  clock: true,
  random: true,
  logger: true,
  pollInterval: true,
};

/** @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT, WF_INVALID_DURATION naming the field */
export function resolveReaderOptions(
  options: ObjectStoreQueueReaderOptions,
): ResolvedReaderOptions {
  checkOptions(options, "options", NAMES);
  const {
    prefix,
    clock = systemClock,
    random = systemRandom,
    logger = silentLogger,
    pollInterval = DEFAULT_POLL_MS,
  } = options;
  checkKeyPrefix(prefix, "prefix", KEY_ROOM_BYTES);
  checkClock(clock);
  checkRandom(random);
  checkLogger(logger);
  const pollMs = toMs(pollInterval, "pollInterval");
  if (pollMs < MIN_POLL_MS || pollMs > MAX_POLL_MS) {
    throw new WfError(
      "WF_INVALID_DURATION",
      `pollInterval is ${pollMs} ms: give ${MIN_POLL_MS} ms to 1 day`,
    );
  }
  return {
    prefix,
    clock,
    random,
    logger,
    pollMs,
  };
}
