import { decodeTime } from "ulid";
import type { QueueState } from "./state/queue-state.ts";

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const TIME_LENGTH = 10;
/** Sorts after every id of its millisecond. */
const LAST = "~";
/** An id further ahead of its enqueue than this is a caller's own, and not followed. */
const MAX_AHEAD_MS = 86_400_000;

/**
 * The latest time (ms since the epoch) in the ids and enqueues of the jobs; 0 without jobs. An id may be
 * ahead of its enqueue, where the owner that made it found the clock behind the jobs before it.
 */
export function newestIdTime(state: QueueState): number {
  let newest = 0;
  let newestId = "";
  for (const { id, enqueuedAt } of state.jobs.values()) {
    newest = Math.max(newest, enqueuedAt);
    if (id <= newestId || !ULID.test(id)) continue;
    const time = decodeTime(id);
    if (time > enqueuedAt + MAX_AHEAD_MS) continue;
    newest = Math.max(newest, time);
    newestId = id.slice(0, TIME_LENGTH) + LAST;
  }
  return newest;
}
