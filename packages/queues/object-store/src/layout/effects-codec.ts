import type { Effects, EnqueueRequest, WakeRequest } from "@wf/core";
import { toMs } from "@wf/core";
import { DEFAULT_BACKOFF, resolveBackoff } from "@wf/core/adapter";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import {
  decodeBackoff,
  decodeHeaders,
  decodeList,
  decodePuts,
  encodeBackoff,
  encodeHeaders,
  encodeList,
  encodePuts,
} from "./field-codec.ts";

/**
 * Effects that a job carries for its death. They are stored as they were asked for, because delays and
 * the queue's defaults count from the death; then they are resolved like those of any commit.
 */
export function encodeEffects(writer: ByteWriter, effects: Effects): void {
  encodeList(writer, effects.enqueue ?? [], encodeRequest);
  encodeList(writer, effects.wake ?? [], encodeWake);
  encodePuts(writer, effects.put ?? {});
  encodeList(writer, effects.delete ?? [], (_, key) => writer.string(key));
}

export function decodeEffects(reader: ByteReader): Effects {
  return {
    enqueue: decodeList(reader, decodeRequest),
    wake: decodeList(reader, decodeWake),
    put: decodePuts(reader),
    delete: decodeList(reader, () => reader.string()),
  };
}

/** Which optional fields of a request follow, in this order. */
const Has = {
  id: 1,
  headers: 2,
  runAt: 4,
  delay: 8,
  priority: 16,
  maxAttempts: 32,
  backoff: 64,
  dedupKey: 128,
  kv: 256,
} as const;
const OPTIONAL = Object.entries(Has) as [keyof typeof Has, number][];

function encodeRequest(writer: ByteWriter, request: EnqueueRequest): void {
  let has = 0;
  for (const [name, bit] of OPTIONAL) if (request[name] !== undefined) has |= bit;
  writer.uint(has);
  writer.string(request.queue);
  writer.bytes(request.payload);
  if (request.id !== undefined) writer.string(request.id);
  if (request.headers !== undefined) encodeHeaders(writer, request.headers);
  if (request.runAt !== undefined) writer.uint(Math.max(0, Math.ceil(request.runAt)));
  if (request.delay !== undefined) writer.uint(toMs(request.delay));
  if (request.priority !== undefined) writer.uint(request.priority);
  if (request.maxAttempts !== undefined) writer.uint(request.maxAttempts);
  if (request.backoff !== undefined) {
    // Complete already; this only turns durations into numbers.
    encodeBackoff(writer, resolveBackoff(request.backoff, DEFAULT_BACKOFF));
  }
  if (request.dedupKey !== undefined) writer.string(request.dedupKey);
  if (request.kv !== undefined) encodePuts(writer, request.kv);
}

function decodeRequest(reader: ByteReader): EnqueueRequest {
  const has = reader.uint();
  return {
    queue: reader.string(),
    payload: reader.bytes(),
    id: has & Has.id ? reader.string() : undefined,
    headers: has & Has.headers ? decodeHeaders(reader) : undefined,
    runAt: has & Has.runAt ? reader.uint() : undefined,
    delay: has & Has.delay ? reader.uint() : undefined,
    priority: has & Has.priority ? reader.uint() : undefined,
    maxAttempts: has & Has.maxAttempts ? reader.uint() : undefined,
    backoff: has & Has.backoff ? fromStored(decodeBackoff(reader)) : undefined,
    dedupKey: has & Has.dedupKey ? reader.string() : undefined,
    kv: has & Has.kv ? decodePuts(reader) : undefined,
  };
}

function fromStored(backoff: ReturnType<typeof decodeBackoff>): EnqueueRequest["backoff"] {
  return { base: backoff.baseMs, cap: backoff.capMs, jitter: backoff.jitter };
}

function encodeWake(writer: ByteWriter, request: WakeRequest): void {
  writer.string(request.jobId);
  writer.byte(request.payload === undefined ? 0 : 1);
  if (request.payload !== undefined) writer.bytes(request.payload);
}

function decodeWake(reader: ByteReader): WakeRequest {
  const jobId = reader.string();
  return { jobId, payload: reader.byte() === 1 ? reader.bytes() : undefined };
}
