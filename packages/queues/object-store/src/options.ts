import {
  type Clock,
  type Duration,
  type Logger,
  type QueueConfig,
  type RandomSource,
  silentLogger,
  systemClock,
  systemRandom,
  toMs,
  WfError,
} from "@wf/core";
import {
  checkClock,
  checkInteger,
  checkKeyPrefix,
  checkLogger,
  checkOptions,
  checkRandom,
  type OptionNames,
  type ResolvedQueueConfig,
  resolveQueueConfigs,
} from "@wf/core/adapter";
import { KEY_ROOM_BYTES } from "./layout/keys.ts";

/** What {@link ObjectStoreQueue.open} takes. All but `prefix` have defaults. */
export interface ObjectStoreQueueOptions {
  /** Where in the store the queue is: an object key. No other data may be below it. */
  readonly prefix: string;
  /** Settings by queue name; queues that are not named have the defaults. */
  readonly queues?: Readonly<Record<string, QueueConfig>> | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: the platform's. For ids, backoff and the owner's mark. */
  readonly random?: RandomSource | undefined;
  /** Default: logs nothing. */
  readonly logger?: Logger | undefined;
  /** A segment is cut when it has so many bytes, 4 KiB to 64 MiB. Default 1 MiB. */
  readonly segmentMaxBytes?: number | undefined;
  /** Writes to the store at the same time, 1 to 64. Default 8. */
  readonly maxWritesInFlight?: number | undefined;
  /**
   * A snapshot is taken once opening would have to read so much more than three times what a snapshot would
   * have now; each segment counts as 16 KiB more than its bytes. Less makes opening faster and writes more.
   * 1 byte to 1 TiB. Default 8 MiB.
   */
  readonly snapshotAfterBytes?: number | undefined;
  /**
   * A payload of more bytes is stored as an object of its own, before the commit that refers to it: one
   * more write for that job, and nothing of it in the log, in snapshots or in memory. 1 KiB to 64 MiB.
   * Default 64 KiB.
   */
  readonly offloadAboveBytes?: number | undefined;
  /**
   * While so much is on its way to the store, because that is slow or down, calls wait their turn before
   * they take anything more into memory. 64 KiB to 16 GiB. Default 64 MiB.
   */
  readonly pendingMaxBytes?: number | undefined;
  /**
   * How often the owner writes a sign of life for readers in other processes: one small write each. At least
   * 1 s. Default: never, so that an idle queue makes no requests.
   */
  readonly heartbeat?: Duration | undefined;
}

export interface ResolvedOptions {
  readonly prefix: string;
  readonly queues: ReadonlyMap<string, ResolvedQueueConfig>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly segmentMaxBytes: number;
  readonly maxWritesInFlight: number;
  readonly snapshotAfterBytes: number;
  readonly offloadAboveBytes: number;
  readonly pendingMaxBytes: number;
  readonly heartbeatMs: number | undefined;
}

const MIB = 1_048_576;
const MIN_HEARTBEAT_MS = 1_000;

const NAMES: OptionNames<ObjectStoreQueueOptions> = {
  prefix: true,
  queues: true,
  clock: true,
  random: true,
  logger: true,
  segmentMaxBytes: true,
  maxWritesInFlight: true,
  snapshotAfterBytes: true,
  offloadAboveBytes: true,
  pendingMaxBytes: true,
  heartbeat: true,
};

/** @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME naming the field */
export function resolveOptions(options: ObjectStoreQueueOptions): ResolvedOptions {
  checkOptions(options, "options", NAMES);
  const {
    prefix,
    queues = {},
    clock = systemClock,
    random = systemRandom,
    logger = silentLogger,
    segmentMaxBytes = MIB,
    maxWritesInFlight = 8,
    snapshotAfterBytes = 8 * MIB,
    offloadAboveBytes = 65_536,
    pendingMaxBytes = 64 * MIB,
    heartbeat,
  } = options;
  checkKeyPrefix(prefix, "prefix", KEY_ROOM_BYTES);
  checkClock(clock);
  checkRandom(random);
  checkLogger(logger);
  checkInteger(segmentMaxBytes, "segmentMaxBytes", 4_096, 64 * MIB);
  checkInteger(maxWritesInFlight, "maxWritesInFlight", 1, 64);
  checkInteger(snapshotAfterBytes, "snapshotAfterBytes", 1, MIB * MIB);
  checkInteger(offloadAboveBytes, "offloadAboveBytes", 1_024, 64 * MIB);
  checkInteger(pendingMaxBytes, "pendingMaxBytes", 65_536, 16_384 * MIB);
  return {
    prefix,
    queues: resolveQueueConfigs(queues),
    clock,
    random,
    logger,
    segmentMaxBytes,
    maxWritesInFlight,
    snapshotAfterBytes,
    offloadAboveBytes,
    pendingMaxBytes,
    heartbeatMs: resolveHeartbeat(heartbeat),
  };
}

function resolveHeartbeat(heartbeat: Duration | undefined): number | undefined {
  if (heartbeat === undefined) return undefined;
  const heartbeatMs = toMs(heartbeat, "heartbeat");
  if (heartbeatMs >= MIN_HEARTBEAT_MS) return heartbeatMs;
  throw new WfError(
    "WF_INVALID_DURATION",
    `heartbeat is ${heartbeatMs} ms: give at least ${MIN_HEARTBEAT_MS} ms, or none`,
  );
}
