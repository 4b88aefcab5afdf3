import type { AttemptOutcome, JobAttempt, JobState } from "@wf/core";
import { JobRecord, NO_HEADERS } from "../state/job-record.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { decodeEffects, encodeEffects } from "./effects-codec.ts";
import {
  decodeBackoff,
  decodeHeaders,
  decodeList,
  encodeBackoff,
  encodeHeaders,
  encodeList,
} from "./field-codec.ts";
import { isReference } from "./keys.ts";

/** Which optional fields of a new job follow. */
const Has = {
  runAt: 1,
  headers: 2,
  dedupKey: 4,
  backoff: 8,
  onDead: 16,
  payloadReference: 32,
} as const;

/** A job as it was enqueued. */
export function encodeNewJob(writer: ByteWriter, job: JobRecord): void {
  writer.byte(
    (job.runAt === undefined ? 0 : Has.runAt) |
      (job.headers === NO_HEADERS ? 0 : Has.headers) |
      (job.dedupKey === undefined ? 0 : Has.dedupKey) |
      (job.backoff === undefined ? 0 : Has.backoff) |
      (job.onDead === undefined ? 0 : Has.onDead) |
      (job.payloadReference === undefined ? 0 : Has.payloadReference),
  );
  writer.string(job.id);
  writer.string(job.queue);
  writer.bytes(job.payload);
  writer.uint(job.priority);
  writer.uint(job.maxAttempts);
  writer.uint(job.enqueuedAt);
  if (job.runAt !== undefined) writer.uint(job.runAt);
  if (job.headers !== NO_HEADERS) encodeHeaders(writer, job.headers);
  if (job.dedupKey !== undefined) writer.string(job.dedupKey);
  if (job.backoff !== undefined) encodeBackoff(writer, job.backoff);
  if (job.onDead !== undefined) encodeEffects(writer, job.onDead);
  if (job.payloadReference !== undefined) writer.string(job.payloadReference);
}

export function decodeNewJob(reader: ByteReader): JobRecord {
  const has = reader.byte();
  return new JobRecord({
    id: reader.string(),
    queue: reader.name(),
    payload: reader.view(),
    priority: reader.uint(),
    maxAttempts: reader.uint(),
    enqueuedAt: reader.uint(),
    runAt: has & Has.runAt ? reader.uint() : undefined,
    headers: has & Has.headers ? decodeHeaders(reader) : NO_HEADERS,
    dedupKey: has & Has.dedupKey ? reader.string() : undefined,
    backoff: has & Has.backoff ? decodeBackoff(reader) : undefined,
    onDead: has & Has.onDead ? decodeEffects(reader) : undefined,
    payloadReference: has & Has.payloadReference ? decodeReference(reader) : undefined,
  });
}

function decodeReference(reader: ByteReader): string {
  const reference = reader.string();
  if (!isReference(reference)) throw new RangeError(`${reference} names no payload`);
  return reference;
}

/** As stored: an index is never given another meaning. */
const STATES: readonly JobState[] = ["pending", "scheduled", "claimed", "done", "dead"];
const OUTCOMES: readonly AttemptOutcome[] = [
  "completed",
  "retried",
  "dead_lettered",
  "lease_expired",
  "interrupted",
  "requeued",
];

/** Which optional fields of a job's progress follow. */
const Gained = {
  claimedAt: 1,
  wokenAt: 2,
  wakePayload: 4,
  lastError: 8,
  completedAt: 16,
  failedAt: 32,
  history: 64,
  cancelRequested: 128,
} as const;

/** A job as it stands: what it was enqueued with, and what it has gained since. */
export function encodeJob(writer: ByteWriter, job: JobRecord): void {
  encodeNewJob(writer, job);
  writer.byte(STATES.indexOf(job.state));
  writer.uint(job.attempts);
  writer.byte(
    (job.claimedAt === undefined ? 0 : Gained.claimedAt) |
      (job.wokenAt === undefined ? 0 : Gained.wokenAt) |
      (job.wakePayload === undefined ? 0 : Gained.wakePayload) |
      (job.lastError === undefined ? 0 : Gained.lastError) |
      (job.completedAt === undefined ? 0 : Gained.completedAt) |
      (job.failedAt === undefined ? 0 : Gained.failedAt) |
      (job.history === undefined ? 0 : Gained.history) |
      (job.cancelRequested ? Gained.cancelRequested : 0),
  );
  if (job.claimedAt !== undefined) writer.uint(job.claimedAt);
  if (job.wokenAt !== undefined) writer.uint(job.wokenAt);
  if (job.wakePayload !== undefined) writer.bytes(job.wakePayload);
  if (job.lastError !== undefined) writer.string(job.lastError);
  if (job.completedAt !== undefined) writer.uint(job.completedAt);
  if (job.failedAt !== undefined) writer.uint(job.failedAt);
  if (job.history !== undefined) encodeList(writer, job.history, encodeAttempt);
}

export function decodeJob(reader: ByteReader): JobRecord {
  const job = decodeNewJob(reader);
  job.state = at(STATES, reader.byte());
  job.attempts = reader.uint();
  const gained = reader.byte();
  if (gained & Gained.claimedAt) job.claimedAt = reader.uint();
  if (gained & Gained.wokenAt) job.wokenAt = reader.uint();
  if (gained & Gained.wakePayload) job.wakePayload = reader.bytes();
  if (gained & Gained.lastError) job.lastError = reader.string();
  if (gained & Gained.completedAt) job.completedAt = reader.uint();
  if (gained & Gained.failedAt) job.failedAt = reader.uint();
  if (gained & Gained.history) job.history = decodeList(reader, decodeAttempt);
  job.cancelRequested = (gained & Gained.cancelRequested) !== 0;
  checkPlace(job);
  return job;
}

/** Every state but the first has an order of its own, by a time that it needs. */
function checkPlace({ id, state, runAt, claimedAt, completedAt, failedAt }: JobRecord): void {
  const at = {
    pending: 0,
    scheduled: runAt,
    claimed: claimedAt,
    done: completedAt,
    dead: failedAt,
  };
  if (at[state] === undefined) throw new RangeError(`job ${id} is ${state}, and not since when`);
}

/** `claimedAt` is stored as one more, and as 0 where there is none. */
function encodeAttempt(writer: ByteWriter, attempt: JobAttempt): void {
  writer.byte(OUTCOMES.indexOf(attempt.outcome));
  writer.uint(attempt.attempt);
  writer.uint(attempt.recordedAt);
  writer.uint(attempt.claimedAt === undefined ? 0 : attempt.claimedAt + 1);
  writer.byte(attempt.error === undefined ? 0 : 1);
  if (attempt.error !== undefined) writer.string(attempt.error);
}

function decodeAttempt(reader: ByteReader): JobAttempt {
  const outcome = at(OUTCOMES, reader.byte());
  const attempt = reader.uint();
  const recordedAt = reader.uint();
  const claimed = reader.uint();
  const error = reader.byte() === 1 ? reader.string() : undefined;
  return {
    attempt,
    claimedAt: claimed === 0 ? undefined : claimed - 1,
    recordedAt,
    outcome,
    error,
  };
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no value ${index}`);
  return value;
}
