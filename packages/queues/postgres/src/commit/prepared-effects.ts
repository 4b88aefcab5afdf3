import { type Effects, type EnqueueOptions, toMs, WfError } from "@wf/core";
import type { ResolvedQueueConfig } from "@wf/core/adapter";
import { resolveBackoff } from "@wf/core/adapter";
import { encodeEffects } from "./effects-json.ts";

/** What a job takes from where it is enqueued. */
export interface JobDefaults {
  configOf(queue: string): ResolvedQueueConfig;
  nextJobId(): string;
}

/** A job to be inserted, with everything in it resolved and owned. */
export interface NewJob {
  readonly id: string;
  /** Whether the caller chose the id, so that it may be in use. */
  readonly hasOwnId: boolean;
  readonly queue: string;
  readonly payload: Uint8Array;
  /** JSON, as `backoff` and `onDead`. */
  readonly headers: string | undefined;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly runAt: number | undefined;
  readonly delayMs: number | undefined;
  readonly dedupKey: string | undefined;
  /** Only where the enqueue named one; else the queue's is looked up when it is needed. */
  readonly backoff: string | undefined;
  readonly onDead: string | undefined;
  readonly kv: readonly Entry[];
}

export type Entry = readonly [key: string, value: Uint8Array];

/** Effects that stay as they are, whatever their giver does with the objects that they came in. */
export interface PreparedEffects {
  readonly expect: readonly (readonly [key: string, value: Uint8Array | undefined])[];
  readonly enqueue: readonly NewJob[];
  readonly wake: readonly { readonly jobId: string; readonly payload: Uint8Array | undefined }[];
  readonly put: readonly Entry[];
  readonly delete: readonly string[];
  /** About how many bytes a transaction needs to carry them. */
  readonly bytes: number;
}

export const NO_EFFECTS: PreparedEffects = Object.freeze({
  expect: [],
  enqueue: [],
  wake: [],
  put: [],
  delete: [],
  bytes: 0,
});

/** Of one commit, so that its parameters fit into a message to the server. */
const MAX_COMMIT_BYTES = 256 * 1_048_576;
/** Of one job's `onDead`, which is stored with it as text. */
const MAX_ON_DEAD_BYTES = 64 * 1_048_576;
/** About what an entry needs beside its bytes. */
const ENTRY_BYTES = 128;

/**
 * Copies effects that were checked.
 *
 * @throws WF_INVALID_ARGUMENT where they are too many bytes for one transaction
 */
export function prepareEffects(
  defaults: JobDefaults,
  effects: Effects | undefined,
): PreparedEffects {
  if (effects === undefined) return NO_EFFECTS;
  const prepared = {
    expect: Object.entries(effects.expect ?? {}).map(
      ([key, value]) => [key, value && new Uint8Array(value)] as const,
    ),
    enqueue: (effects.enqueue ?? []).map((request) =>
      prepareJob(defaults, request.queue, request.payload, request),
    ),
    wake: (effects.wake ?? []).map(({ jobId, payload }) => ({
      jobId,
      payload: payload && new Uint8Array(payload),
    })),
    put: entriesOf(effects.put),
    delete: [...(effects.delete ?? [])],
  };
  const bytes = bytesOf(prepared);
  if (bytes <= MAX_COMMIT_BYTES) return { ...prepared, bytes };
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `the commit has ${bytes} bytes; at most ${MAX_COMMIT_BYTES} are allowed: make several of it`,
  );
}

/** Copies an enqueue that was checked. */
export function prepareJob(
  defaults: JobDefaults,
  queue: string,
  payload: Uint8Array,
  options: EnqueueOptions,
): NewJob {
  const config = defaults.configOf(queue);
  const { id, headers, backoff, onDead, runAt, delay } = options;
  return {
    id: id ?? defaults.nextJobId(),
    hasOwnId: id !== undefined,
    queue,
    payload: new Uint8Array(payload),
    headers: headers === undefined || isEmpty(headers) ? undefined : JSON.stringify(headers),
    priority: options.priority ?? config.priority,
    maxAttempts: options.maxAttempts ?? config.maxAttempts,
    runAt: runAt === undefined ? undefined : Math.ceil(runAt),
    delayMs: delay === undefined ? undefined : toMs(delay, "delay"),
    dedupKey: options.dedupKey,
    backoff: backoff && JSON.stringify(resolveBackoff(backoff, config.backoff)),
    onDead: onDead && encodeOnDead(defaults, onDead),
    kv: entriesOf(options.kv),
  };
}

function encodeOnDead(defaults: JobDefaults, onDead: Effects): string {
  let bytes = 0;
  for (const { payload, kv } of onDead.enqueue ?? []) bytes += payload.length + valueBytes(kv);
  for (const { payload } of onDead.wake ?? []) bytes += payload?.length ?? 0;
  bytes += valueBytes(onDead.put);
  if (bytes > MAX_ON_DEAD_BYTES) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `onDead has ${bytes} bytes; at most ${MAX_ON_DEAD_BYTES} are allowed`,
    );
  }
  return encodeEffects(onDead, (name) => defaults.configOf(name).backoff);
}

function valueBytes(puts: Readonly<Record<string, Uint8Array>> | undefined): number {
  return Object.values(puts ?? {}).reduce((sum, value) => sum + value.length, 0);
}

function entriesOf(puts: Readonly<Record<string, Uint8Array>> | undefined): Entry[] {
  return Object.entries(puts ?? {}).map(([key, value]) => [key, new Uint8Array(value)]);
}

function bytesOf(effects: Omit<PreparedEffects, "bytes">): number {
  let bytes = ENTRY_BYTES;
  for (const [, value] of effects.expect) bytes += ENTRY_BYTES + (value?.length ?? 0);
  for (const job of effects.enqueue) {
    bytes += ENTRY_BYTES + job.payload.length + (job.onDead?.length ?? 0) + entryBytes(job.kv);
  }
  for (const { payload } of effects.wake) bytes += ENTRY_BYTES + (payload?.length ?? 0);
  return bytes + entryBytes(effects.put) + effects.delete.length * ENTRY_BYTES;
}

function entryBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, [, value]) => sum + ENTRY_BYTES + value.length, 0);
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}
