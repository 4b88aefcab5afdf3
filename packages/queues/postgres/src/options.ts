import {
  type Clock,
  type Duration,
  type Logger,
  type QueueConfig,
  type RandomSource,
  silentLogger,
  systemRandom,
  toMs,
  WfError,
} from "@wf/core";
import {
  checkClock,
  checkInteger,
  checkLogger,
  checkMethods,
  checkOptions,
  checkRandom,
  type OptionNames,
  type ResolvedQueueConfig,
  resolveQueueConfigs,
} from "@wf/core/adapter";
import type { PostgresPool } from "./database/client.ts";
import { type Schema, schemaOf } from "./layout/schema-name.ts";
import { QueueClock } from "./time/queue-clock.ts";

/** What {@link PostgresQueue.open} takes: `connectionString` or `pool`, and settings with defaults. */
export interface PostgresQueueOptions {
  /** Where the server is, as a URL (PostgreSQL, "Connection URIs"). The queue makes its own pool then. */
  readonly connectionString?: string | undefined;
  /**
   * A `pg.Pool` of the program's, in place of `connectionString`, with room for at least 2 connections. It is left
   * open by `close`. Made with `pipeline: true` it is faster.
   */
  readonly pool?: PostgresPool | undefined;
  /** The schema for the queue's tables, created where it is missing. Default `wf`. */
  readonly schema?: string | undefined;
  /** Settings by queue name, alike in all processes; queues that are not named have the defaults. */
  readonly queues?: Readonly<Record<string, QueueConfig>> | undefined;
  /** Default: the database's. */
  readonly clock?: Clock | undefined;
  /** Default: the platform's. For ids, tokens and backoff. */
  readonly random?: RandomSource | undefined;
  /** Default: logs nothing. */
  readonly logger?: Logger | undefined;
  /** Of the queue's own pool at most, 2 to 100. Default 10. */
  readonly connections?: number | undefined;
  /** Transactions that commit at the same time, 1 to 32. Default 3. */
  readonly maxWritesInFlight?: number | undefined;
  /**
   * How often to look for what nobody has told of, because a notification was lost or its sender died. At least
   * 100 ms. Default 5 s.
   */
  readonly pollInterval?: Duration | undefined;
  /** How long a call goes on trying while the database is down or busy, before it fails. Default 30 s. */
  readonly retryFor?: Duration | undefined;
}

export interface ResolvedOptions {
  readonly source: { readonly connectionString: string } | { readonly pool: PostgresPool };
  readonly schema: Schema;
  readonly queues: ReadonlyMap<string, ResolvedQueueConfig>;
  readonly clock: QueueClock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly connections: number;
  readonly maxWritesInFlight: number;
  readonly pollMs: number;
  readonly retryForMs: number;
}

/** One listens for good, and the rest is done one after the other if need be. */
const MIN_CONNECTIONS = 2;
const MIN_POLL_MS = 100;

const NAMES: OptionNames<PostgresQueueOptions> = {
  connectionString: true,
  pool: true,
  schema: true,
  queues: true,
  clock: true,
  random: true,
  logger: true,
  connections: true,
  maxWritesInFlight: true,
  pollInterval: true,
  retryFor: true,
};

/** What `pg` takes: a URL, or the path of a Unix socket. */
const CONNECTION_STRING = /^(postgres(ql)?:\/\/|socket:|\/)/i;

/** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME naming the field */
export function resolveOptions(options: PostgresQueueOptions): ResolvedOptions {
  checkOptions(options, "options", NAMES);
  const {
    schema = "wf",
    queues = {},
    clock,
    random = systemRandom,
    logger = silentLogger,
    connections = 10,
    maxWritesInFlight = 3,
    pollInterval = "5s",
    retryFor = "30s",
  } = options;
  if (clock !== undefined) checkClock(clock);
  checkRandom(random);
  checkLogger(logger);
  checkInteger(connections, "connections", MIN_CONNECTIONS, 100);
  checkInteger(maxWritesInFlight, "maxWritesInFlight", 1, 32);
  const pollMs = toMs(pollInterval, "pollInterval");
  if (pollMs < MIN_POLL_MS) {
    throw new WfError(
      "WF_INVALID_DURATION",
      `pollInterval is ${pollMs} ms: give at least ${MIN_POLL_MS} ms`,
    );
  }
  return {
    source: sourceOf(options),
    schema: schemaOf(schema),
    queues: resolveQueueConfigs(queues),
    clock: new QueueClock(clock),
    random,
    logger,
    connections,
    maxWritesInFlight,
    pollMs,
    retryForMs: toMs(retryFor, "retryFor"),
  };
}

function sourceOf({ connectionString, pool }: PostgresQueueOptions): ResolvedOptions["source"] {
  if (pool === undefined && typeof connectionString === "string" && connectionString !== "") {
    // Without its value, which may hold a password.
    if (!connectionString.isWellFormed() || !CONNECTION_STRING.test(connectionString)) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        "connectionString is no address: give one like postgresql://user:password@host:5432/database",
      );
    }
    return { connectionString };
  }
  if (pool === undefined || connectionString !== undefined) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      "give either connectionString or pool: the address of a PostgreSQL server, or a pg.Pool",
    );
  }
  checkMethods(pool, "pool", ["connect", "end"], "a pg.Pool");
  const max = pool.options?.max;
  if (max !== undefined && max < MIN_CONNECTIONS) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `pool has room for ${max} connections: give one for at least ${MIN_CONNECTIONS}, because one listens for good`,
    );
  }
  return { pool };
}
