import { checkList, checkObject, checkSignal, show } from "../argument-checks.ts";
import { toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import { DEFAULT_BACKOFF, resolveBackoff } from "./backoff.ts";
import type { Effects, EnqueueOptions, EnqueueRequest, WakeRequest } from "./effects.ts";
import type { ClaimOptions, CommitOptions, NackOptions, WaitOptions } from "./queue.ts";

export const MAX_QUEUE_NAME_BYTES = 255;
export const MAX_ID_LENGTH = 128;
/** Bytes of a KV key in UTF-8; it has at least 1. */
export const MAX_KV_KEY_BYTES = 512;
/** Bytes of a KV value: 256 KiB. */
export const MAX_KV_VALUE_BYTES = 262_144;
export const MAX_DEDUP_KEY_BYTES = 512;
export const MAX_PRIORITY = 2 ** 32 - 1;
export const MAX_ATTEMPTS = 1_000_000;
export const MAX_HEADERS_BYTES = 65_536;
export const MAX_PAYLOAD_BYTES = 64 * 1_048_576;
/** As a KV value: it stays with the job's record, in memory. */
export const MAX_WAKE_PAYLOAD_BYTES = 262_144;
/** Entries of one commit, all kinds together. */
export const MAX_EFFECTS = 10_000;
/** The latest time: 100,000,000 days from the epoch (ECMA-262, "Time Values and Time Range"). */
const MAX_TIME = 8.64e15;

const ID = /^[A-Za-z0-9_-]{1,128}$/;

/** @throws WF_INVALID_QUEUE_NAME */
export function checkQueueName(name: string, what = "queue name"): void {
  if (typeof name === "string" && name.length * 3 <= MAX_QUEUE_NAME_BYTES && name.isWellFormed())
    return;
  const bytes = wellFormedBytes(name);
  if (bytes === undefined) {
    throw new WfError("WF_INVALID_QUEUE_NAME", `${what} ${show(name)} is no well-formed string`);
  }
  if (bytes > MAX_QUEUE_NAME_BYTES) {
    throw new WfError(
      "WF_INVALID_QUEUE_NAME",
      `${what} ${show(name)} has ${bytes} bytes; at most ${MAX_QUEUE_NAME_BYTES} are allowed`,
    );
  }
}

/** Whether it is 1 to 128 of `[A-Za-z0-9_-]`. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/** @throws `code` where `id` is not 1 to 128 of `[A-Za-z0-9_-]` */
export function checkId(id: string, code: "WF_INVALID_JOB_ID" | "WF_INVALID_RUN_ID"): void {
  if (typeof id === "string" && ID.test(id)) return;
  const what = code === "WF_INVALID_JOB_ID" ? "job id" : "run id";
  const problem =
    typeof id !== "string"
      ? "is no string"
      : id === ""
        ? "is empty"
        : id.length > MAX_ID_LENGTH
          ? `has ${id.length} characters`
          : `holds ${show(id.replaceAll(/[A-Za-z0-9_-]/g, "").slice(0, 10))}`;
  throw new WfError(
    code,
    `${what} ${show(id)} ${problem}; it takes 1 to ${MAX_ID_LENGTH} characters of A-Z a-z 0-9 _ -`,
  );
}

/** @throws WF_INVALID_KEY */
export function checkKvKey(key: string): void {
  // A UTF-16 unit has at most 3 bytes, so most keys need not be measured.
  const isShort = typeof key === "string" && key !== "" && key.length * 3 <= MAX_KV_KEY_BYTES;
  if (isShort && key.isWellFormed()) return;
  const bytes = wellFormedBytes(key);
  if (bytes === undefined || bytes === 0 || bytes > MAX_KV_KEY_BYTES) {
    throw new WfError(
      "WF_INVALID_KEY",
      `KV key ${show(key)} has ${bytes ?? "no"} bytes of UTF-8; it takes a well-formed string of ` +
        `1 to ${MAX_KV_KEY_BYTES} bytes`,
      typeof key === "string" ? { key } : {},
    );
  }
}

/** @throws WF_KV_VALUE_TOO_LARGE, WF_INVALID_ARGUMENT */
export function checkKvValue(key: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) checkBytes(value, `the value of KV key ${show(key)}`);
  if (value.length > MAX_KV_VALUE_BYTES) {
    throw new WfError(
      "WF_KV_VALUE_TOO_LARGE",
      `the value of KV key ${show(key)} has ${value.length} bytes; at most ${MAX_KV_VALUE_BYTES} are ` +
        `allowed; keep larger ones in the object store and their key here`,
      { key },
    );
  }
}

/** @throws WF_INVALID_ARGUMENT where `value` is not a Uint8Array */
export function checkBytes(value: Uint8Array, name: string): void {
  if (!(value instanceof Uint8Array)) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `${name} is ${value === null ? "null" : typeof value}: give a Uint8Array`,
    );
  }
}

/** @throws WF_INVALID_ARGUMENT where `value` is no whole number of that range */
export function checkInteger(value: number, name: string, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `${name} is ${show(value)}: give a whole number from ${least} to ${most}`,
    );
  }
}

/**
 * Checks that the options of a call are an object, and the signal that they have in common.
 *
 * @throws WF_INVALID_ARGUMENT
 */
export function checkCallOptions(
  options: CommitOptions | ClaimOptions | NackOptions | WaitOptions,
): void {
  checkObject(options, "options");
  checkSignal((options as CommitOptions).signal);
}

/** Checks what a caller asks to be enqueued, its `kv` and `onDead` included. */
export function checkEnqueue(
  queue: string,
  payload: Uint8Array,
  options: EnqueueOptions & CommitOptions,
): void {
  checkQueueName(queue);
  checkPayload(payload, "payload", MAX_PAYLOAD_BYTES);
  checkCallOptions(options);
  if (options.id !== undefined) checkId(options.id, "WF_INVALID_JOB_ID");
  if (options.headers !== undefined) checkHeaders(options.headers);
  if (options.runAt !== undefined) {
    if (options.delay !== undefined) {
      throw new WfError("WF_INVALID_ARGUMENT", "runAt and delay are both given: give one of them");
    }
    if (typeof options.runAt !== "number" || !(Math.abs(options.runAt) <= MAX_TIME)) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `runAt is ${show(options.runAt)}: give milliseconds since the Unix epoch`,
      );
    }
  }
  if (options.delay !== undefined) toMs(options.delay, "delay");
  if (options.backoff !== undefined) resolveBackoff(options.backoff, DEFAULT_BACKOFF);
  if (options.priority !== undefined) checkInteger(options.priority, "priority", 0, MAX_PRIORITY);
  if (options.maxAttempts !== undefined) {
    checkInteger(options.maxAttempts, "maxAttempts", 1, MAX_ATTEMPTS);
  }
  if (options.dedupKey !== undefined) checkDedupKey(options.dedupKey);
  if (options.kv !== undefined) checkPuts(options.kv, "kv");
  if (options.onDead !== undefined) checkOnDead(options.onDead);
}

/** Checks all that a commit is asked to do, so that nothing is written for a bad request. */
export function checkEffects(effects: Effects, name = "effects"): void {
  checkObject(effects, name);
  let entries = 0;
  if (effects.expect !== undefined) {
    checkObject(effects.expect, "expect");
    for (const key of Object.keys(effects.expect)) {
      const value = effects.expect[key];
      checkKvKey(key);
      if (value !== undefined && !(value instanceof Uint8Array)) {
        checkBytes(value, `the expected value of KV key ${show(key)}`);
      }
      entries++;
    }
  }
  if (effects.put !== undefined) entries += checkPuts(effects.put, "put");
  for (const key of listed(effects.delete, "delete")) {
    checkKvKey(key);
    if (effects.put !== undefined && Object.hasOwn(effects.put, key)) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `KV key ${show(key)} is both put and deleted in one commit`,
      );
    }
    entries++;
  }
  for (const request of listed(effects.enqueue, "enqueue")) {
    checkRequest(request);
    entries++;
  }
  for (const request of listed(effects.wake, "wake")) {
    checkWake(request);
    entries++;
  }
  if (entries > MAX_EFFECTS) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `the commit has ${entries} entries; at most ${MAX_EFFECTS} are allowed`,
    );
  }
}

/** @throws WF_INVALID_JOB_ID, and WF_INVALID_ARGUMENT where the payload is no bytes or over 256 KiB */
export function checkWake(request: WakeRequest): void {
  checkObject(request, "an entry of wake");
  checkId(request.jobId, "WF_INVALID_JOB_ID");
  const { payload } = request;
  if (payload !== undefined) checkPayload(payload, "wake payload", MAX_WAKE_PAYLOAD_BYTES);
}

function checkPayload(payload: Uint8Array, name: string, maxBytes: number): void {
  checkBytes(payload, name);
  if (payload.length <= maxBytes) return;
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `${name} has ${payload.length} bytes; at most ${maxBytes} are allowed`,
  );
}

function checkRequest(request: EnqueueRequest): void {
  checkObject(request, "an entry of enqueue");
  checkEnqueue(request.queue, request.payload, request);
}

function checkOnDead(effects: Effects): void {
  checkObject(effects, "onDead");
  if (effects.expect !== undefined) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      "onDead holds expect: what happens at a job's death cannot depend on a precondition",
    );
  }
  // Before the rest, which would follow one into another.
  if (listed(effects.enqueue, "onDead.enqueue").some((request) => request?.onDead !== undefined)) {
    throw new WfError("WF_INVALID_ARGUMENT", "onDead holds an enqueue with its own onDead");
  }
  checkEffects(effects);
}

const NONE: readonly never[] = [];

function listed<T>(entries: readonly T[] | undefined, name: string): readonly T[] {
  if (entries === undefined) return NONE;
  checkList(entries, name);
  return entries;
}

function checkPuts(puts: Readonly<Record<string, Uint8Array>>, name: string): number {
  checkObject(puts, name);
  const keys = Object.keys(puts);
  for (const key of keys) {
    checkKvKey(key);
    checkKvValue(key, puts[key] as Uint8Array);
  }
  return keys.length;
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  checkObject(headers, "headers");
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const nameBytes = wellFormedBytes(name);
    const valueBytes = wellFormedBytes(value);
    if (nameBytes === undefined || valueBytes === undefined) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `header ${show(name)} is ${show(value)}: header names and values are well-formed strings`,
      );
    }
    bytes += nameBytes + valueBytes;
  }
  if (bytes > MAX_HEADERS_BYTES) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `the headers have ${bytes} bytes; at most ${MAX_HEADERS_BYTES} are allowed`,
    );
  }
}

function checkDedupKey(key: string): void {
  const bytes = wellFormedBytes(key);
  if (bytes === undefined || bytes === 0 || bytes > MAX_DEDUP_KEY_BYTES) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `dedupKey ${show(key)} has ${bytes ?? "no"} bytes of UTF-8; it takes a well-formed string of ` +
        `1 to ${MAX_DEDUP_KEY_BYTES} bytes`,
    );
  }
}

/** Length in UTF-8, or undefined for what is no string or holds half a surrogate pair. */
function wellFormedBytes(value: unknown): number | undefined {
  if (typeof value !== "string" || !value.isWellFormed()) return undefined;
  return Buffer.byteLength(value);
}
