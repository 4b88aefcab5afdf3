import type { Job, JobState } from "@wf/core";
import type { Row } from "./database/session.ts";
import { CLAIMED, DEAD, DONE, PENDING, SCHEDULED } from "./layout/migrations.ts";

const STATES: Readonly<Record<number, JobState>> = {
  [PENDING]: "pending",
  [SCHEDULED]: "scheduled",
  [CLAIMED]: "claimed",
  [DONE]: "done",
  [DEAD]: "dead",
};

/**
 * A job's columns in the order in which {@link jobFrom} reads them, of `jobs` or of `finished`. Bytes are
 * written out, because how a server writes them by itself is a setting.
 *
 * @param state an expression for the state
 */
export function jobColumns(table: "jobs" | "finished", row: string, state: string): string {
  const live = table === "jobs";
  return [
    `${row}.id`,
    `encode(${row}.queue, 'hex')`,
    `encode(${row}.payload, 'hex')`,
    `${row}.headers::text`,
    `${state}`,
    `${row}.attempts`,
    `${row}.max_attempts`,
    `${row}.priority`,
    `${row}.enqueued_at`,
    `${row}.run_at`,
    live ? `${row}.claimed_at` : "NULL::bigint",
    `${row}.woken_at`,
    `encode(${row}.wake_payload, 'hex')`,
    `encode(${row}.last_error, 'hex')`,
    live ? `encode(${row}.dedup_key, 'hex')` : "NULL::text",
    live ? "NULL::bigint" : `${row}.ended_at`,
    `${row}.cancel_requested`,
  ].join(", ");
}

export const JOB_COLUMNS = 17;

export function jobFrom(row: Row): Job {
  const [id, queue, payload, headers, stored, attempts, maxAttempts, priority, enqueuedAt] = row;
  const [runAt, claimedAt, wokenAt, wakePayload, lastError, dedupKey, endedAt, cancel] =
    row.slice(9);
  const state = STATES[Number(stored)] as JobState;
  return {
    id: id as string,
    queue: text(queue) as string,
    payload: bytes(payload) as Uint8Array,
    headers: headers == null ? {} : JSON.parse(headers),
    state,
    attempts: Number(attempts),
    maxAttempts: Number(maxAttempts),
    priority: Number(priority),
    enqueuedAt: Number(enqueuedAt),
    runAt: number(runAt),
    claimedAt: number(claimedAt),
    wokenAt: number(wokenAt),
    wakePayload: bytes(wakePayload),
    lastError: text(lastError),
    dedupKey: text(dedupKey),
    completedAt: state === "done" ? number(endedAt) : undefined,
    failedAt: state === "dead" ? number(endedAt) : undefined,
    cancelRequested: cancel === "t",
  };
}

/** Whether a job may have such an id; text of other kinds need not be something that the database can look for. */
export function isJobId(id: unknown): id is string {
  return typeof id === "string" && /^[A-Za-z0-9_-]{1,128}$/.test(id);
}

export function number(value: string | null | undefined): number | undefined {
  return value == null ? undefined : Number(value);
}

/** A plain `Uint8Array`, with memory of its own. */
export function bytes(hex: string | null | undefined): Uint8Array | undefined {
  if (hex == null) return undefined;
  const decoded = Buffer.from(hex, "hex");
  // Small ones lie in memory that buffers share.
  const isAlone = decoded.length === decoded.buffer.byteLength;
  return isAlone ? new Uint8Array(decoded.buffer) : new Uint8Array(decoded);
}

/** Text that was stored as its UTF-8 bytes. */
export function text(hex: string | null | undefined): string | undefined {
  return hex == null ? undefined : Buffer.from(hex, "hex").toString();
}
