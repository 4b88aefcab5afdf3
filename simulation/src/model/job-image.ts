import { crc32 } from "node:zlib";
import type { Job } from "@wf/core";

/**
 * What is seen of a job, as one text to compare. Pending and scheduled count as one state, as they are told apart by the
 * time alone.
 */
export function imageOf(job: Job): string {
  const waits = job.state === "pending" || job.state === "scheduled";
  return JSON.stringify([
    job.id,
    job.queue,
    waits ? "waiting" : job.state,
    bytesText(job.payload),
    Object.entries(job.headers).sort(byFirst),
    job.attempts,
    job.maxAttempts,
    job.priority,
    job.enqueuedAt,
    job.runAt,
    job.claimedAt,
    job.wokenAt,
    job.wakePayload && bytesText(job.wakePayload),
    job.lastError,
    job.dedupKey,
    job.completedAt,
    job.failedAt,
    job.cancelRequested,
  ]);
}

export function bytesText(bytes: Uint8Array): string {
  return `${bytes.length}:${crc32(bytes)}`;
}

const QUEUE_FIELD = 1;
const STATE_FIELD = 2;
const RUN_AT_FIELD = 9;

/** Undefined where there is no job. */
export function stateOf(image: string | undefined): string | undefined {
  return image === undefined ? undefined : JSON.parse(image)[STATE_FIELD];
}

/** Whether a claim of that queue could have had the job at that time. */
export function isReady(image: string | undefined, queue: string, at: number): boolean {
  if (image === undefined) return false;
  const fields = JSON.parse(image);
  const isWaiting = fields[QUEUE_FIELD] === queue && fields[STATE_FIELD] === "waiting";
  return isWaiting && (fields[RUN_AT_FIELD] ?? 0) <= at;
}

/** Whether a job has ended, or is gone. */
export function isOver(image: string | undefined): boolean {
  return image === undefined || ["done", "dead"].includes(stateOf(image) ?? "");
}

function byFirst(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1;
}
