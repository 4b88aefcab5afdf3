import {
  type BackoffOptions,
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
  type Backoff,
  checkClock,
  checkInteger,
  checkKeyPrefix,
  checkLogger,
  checkObject,
  checkOptions,
  checkQueueName,
  checkRandom,
  DEFAULT_BACKOFF,
  type OptionNames,
  resolveBackoff,
  show,
} from "@wf/core/adapter";
import { KEY_ROOM_BYTES } from "./layout/keys.ts";

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

export interface ResolvedQueueConfig {
  readonly maxAttempts: number;
  readonly leaseMs: number;
  readonly priority: number;
  readonly backoff: Backoff;
  readonly doneRetentionMs: number | undefined;
  readonly deadRetentionMs: number | undefined;
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

export const DEFAULT_QUEUE_CONFIG: ResolvedQueueConfig = Object.freeze({
  maxAttempts: 3,
  leaseMs: 30_000,
  priority: 1_000,
  backoff: DEFAULT_BACKOFF,
  doneRetentionMs: undefined,
  deadRetentionMs: 7 * 86_400_000,
});

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

const CONFIG_NAMES: OptionNames<QueueConfig> = {
  maxAttempts: true,
  lease: true,
  priority: true,
  backoff: true,
  doneRetention: true,
  deadRetention: true,
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
  checkObject(queues, "queues");
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
    queues: new Map(Object.entries(queues).map(resolveQueue)),
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

function resolveQueue([name, config]: [string, QueueConfig]): [string, ResolvedQueueConfig] {
  checkQueueName(name);
  const defaults = DEFAULT_QUEUE_CONFIG;
  const field = (key: keyof QueueConfig) => `queues[${show(name)}].${key}`;
  checkOptions(config, `queues[${show(name)}]`, CONFIG_NAMES);
  const { maxAttempts = defaults.maxAttempts, priority = defaults.priority, backoff = {} } = config;
  checkInteger(maxAttempts, field("maxAttempts"), 1, 1_000_000);
  checkInteger(priority, field("priority"), 0, 2 ** 32 - 1);
  const leaseMs =
    config.lease === undefined ? defaults.leaseMs : toMs(config.lease, field("lease"));
  checkLease(leaseMs, field("lease"));
  const { doneRetention, deadRetention } = config;
  return [
    name,
    {
      maxAttempts,
      leaseMs,
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
    },
  ];
}

/** @throws WF_INVALID_DURATION */
export function checkLease(leaseMs: number, name: string): void {
  if (leaseMs > 0) return;
  throw new WfError("WF_INVALID_DURATION", `${name} is 0: a lease lasts longer than that`);
}
