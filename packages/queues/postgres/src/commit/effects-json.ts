import { type Effects, type EnqueueRequest, toMs } from "@wf/core";
import { type Backoff, resolveBackoff } from "@wf/core/adapter";

/**
 * Effects as `on_dead` stores them: bytes in base64, durations in milliseconds, and entries of records as pairs,
 * because a key may be anything. A name is never given another meaning.
 */
interface StoredEffects {
  readonly enqueue?: readonly StoredRequest[];
  readonly wake?: readonly (readonly [jobId: string, payload: string | null])[];
  readonly put?: readonly StoredEntry[];
  readonly delete?: readonly string[];
}

interface StoredRequest {
  readonly queue: string;
  readonly payload: string;
  readonly id?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly runAt?: number;
  readonly delayMs?: number;
  readonly priority?: number;
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
  readonly dedupKey?: string;
  readonly kv?: readonly StoredEntry[];
}

type StoredEntry = readonly [key: string, value: string];

/** @param backoffOf the backoff of a queue, which counts as of now; delays count from the death */
export function encodeEffects(effects: Effects, backoffOf: (queue: string) => Backoff): string {
  const stored: StoredEffects = {
    ...(effects.enqueue && { enqueue: effects.enqueue.map((each) => encode(each, backoffOf)) }),
    ...(effects.wake && {
      wake: effects.wake.map(({ jobId, payload }) => [jobId, payload ? base64(payload) : null]),
    }),
    ...(effects.put && { put: entries(effects.put) }),
    ...(effects.delete && { delete: effects.delete }),
  };
  return JSON.stringify(stored);
}

export function decodeEffects(json: string): Effects {
  const stored = JSON.parse(json) as StoredEffects;
  return {
    enqueue: stored.enqueue?.map(decode),
    wake: stored.wake?.map(([jobId, payload]) => ({
      jobId,
      payload: payload === null ? undefined : bytes(payload),
    })),
    put: stored.put && record(stored.put),
    delete: stored.delete,
  };
}

function encode(request: EnqueueRequest, backoffOf: (queue: string) => Backoff): StoredRequest {
  const { queue, id, headers, runAt, delay, priority, maxAttempts, backoff, dedupKey, kv } =
    request;
  return {
    queue,
    payload: base64(request.payload),
    ...(id !== undefined && { id }),
    ...(headers && { headers: Object.entries(headers) }),
    ...(runAt !== undefined && { runAt: Math.ceil(runAt) }),
    ...(delay !== undefined && { delayMs: toMs(delay) }),
    ...(priority !== undefined && { priority }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(backoff && { backoff: resolveBackoff(backoff, backoffOf(queue)) }),
    ...(dedupKey !== undefined && { dedupKey }),
    ...(kv && { kv: entries(kv) }),
  };
}

function decode(stored: StoredRequest): EnqueueRequest {
  const { queue, id, headers, runAt, delayMs, priority, maxAttempts, backoff, dedupKey, kv } =
    stored;
  return {
    queue,
    payload: bytes(stored.payload),
    id,
    headers: headers && Object.fromEntries(headers),
    runAt,
    delay: delayMs,
    priority,
    maxAttempts,
    backoff: backoff && { base: backoff.baseMs, cap: backoff.capMs, jitter: backoff.jitter },
    dedupKey,
    kv: kv && record(kv),
  };
}

function entries(puts: Readonly<Record<string, Uint8Array>>): StoredEntry[] {
  return Object.entries(puts).map(([key, value]) => [key, base64(value)]);
}

function record(stored: readonly StoredEntry[]): Record<string, Uint8Array> {
  return Object.fromEntries(stored.map(([key, value]) => [key, bytes(value)]));
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}
