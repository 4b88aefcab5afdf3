import { WfError } from "../errors.ts";
import type { TerminalMarker } from "../memo/memo-store.ts";
import type { KeyValueEntry } from "../queue/key-value.ts";
import { decodeEnd, encodeEnd } from "./last-end.ts";
import { sweepPeriodically } from "./periodic-sweep.ts";
import { LAST_ENDS_PREFIX, lastEndKey, runRecordKey, SWEEPS_PREFIX, sweepKey } from "./run-keys.ts";
import { readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { beginSweep, isUnderWay, type SweepGuard } from "./sweep-guard.ts";

/** Ends looked at in one go; then others have their turn. */
const PAGE = 1_000;
const TURN_MS = 10;

/**
 * Removes the memo entries of runs that ended over `retentionMs` ago: at once, so that what an earlier
 * process left is caught, and then once every `retentionMs`, until `signal` is aborted. Never fails.
 */
export async function runMemoSweeper(
  context: RuntimeContext,
  retentionMs: number,
  signal: AbortSignal,
): Promise<void> {
  await sweepPeriodically(context.clock, retentionMs, signal, () =>
    sweep(context, retentionMs, signal),
  );
}

async function sweep(
  context: RuntimeContext,
  retentionMs: number,
  signal: AbortSignal,
): Promise<void> {
  const expiredBefore = context.clock.now() - retentionMs;
  try {
    for await (const marker of context.memos.listTerminalMarkers({ expiredBefore })) {
      if (signal.aborted) return;
      await attempt(context, marker.runId, () => sweepRun(context, marker));
    }
    // Those with a marker, which may come late, have had their turn before.
    await sweepUnmarked(context, expiredBefore - retentionMs, signal);
    await removeOldGuards(context);
  } catch (error) {
    context.logger.error({ err: error }, "a sweep of expired memos failed; will try again");
  }
}

async function sweepRun(context: RuntimeContext, marker: TerminalMarker): Promise<void> {
  if (await isInUse(context, marker)) {
    // Its next end writes, or has written, a new marker.
    await context.memos.deleteTerminalMarker(marker);
  } else if (await clear(context, marker.runId)) {
    // Last, so that a sweep that is cut off is taken up again.
    await context.memos.deleteTerminalMarker(marker);
  }
}

/**
 * Sweeps the runs that have no marker: the notification of their end died before it had written one, or it was
 * removed by a process that was taken over, had not noticed, and so took the run for one that goes on.
 */
async function sweepUnmarked(
  context: RuntimeContext,
  endedBefore: number,
  signal: AbortSignal,
): Promise<void> {
  let after: string | undefined;
  do {
    const options = { after, limit: PAGE };
    const { items, next } = await context.queue.kv.scan(LAST_ENDS_PREFIX, options);
    for (const end of items) {
      if (signal.aborted) return;
      const runId = end.key.slice(LAST_ENDS_PREFIX.length);
      await attempt(context, runId, () => sweepEnd(context, runId, end, endedBefore));
    }
    after = next;
    // Rejects when aborted, which ends the loop.
    if (after !== undefined) await context.clock.sleep(TURN_MS, signal).catch(() => {});
  } while (after !== undefined && !signal.aborted);
}

async function sweepEnd(
  context: RuntimeContext,
  runId: string,
  { key, value }: KeyValueEntry,
  endedBefore: number,
): Promise<void> {
  const { kv } = context.queue;
  const endedAt = decodeEnd(value);
  if (endedAt === undefined) {
    // It has by now.
    await kv.compareAndPut(key, value, encodeEnd(context.clock.now()));
  } else if (endedAt < endedBefore && (await readRunRecord(kv, runId)) === undefined) {
    await clear(context, runId);
  }
}

/** A failure is of this run alone. */
async function attempt(
  { logger }: RuntimeContext,
  runId: string,
  sweepIt: () => Promise<void>,
): Promise<void> {
  try {
    await sweepIt();
  } catch (error) {
    const details = { runId, err: error };
    logger.error(details, "the memo of an ended run could not be swept; will try again");
  }
}

/** Whether the run's id was used again since: by a run that is active, or that has ended later. */
async function isInUse({ queue }: RuntimeContext, marker: TerminalMarker): Promise<boolean> {
  if ((await readRunRecord(queue.kv, marker.runId)) !== undefined) return true;
  const lastEnd = await queue.kv.get(lastEndKey(marker.runId));
  if (lastEnd === undefined) return false;
  const endedAt = decodeEnd(lastEnd);
  return endedAt === undefined || endedAt > marker.terminatedAt;
}

/** Clears the memo while nobody can submit the run; false where that was not to be had. */
async function clear(context: RuntimeContext, runId: string): Promise<boolean> {
  const { queue, memos } = context;
  const guard = await guardRun(context, runId);
  if (guard === undefined) return false;
  const guardKey = sweepKey(runId);
  try {
    await memos.clearRun(runId);
  } catch (error) {
    await queue.kv.compareAndDelete(guardKey, guard.bytes);
    throw error;
  }
  const deletes = [guardKey, lastEndKey(runId)];
  await queue.commit({ expect: { [guardKey]: guard.bytes }, delete: deletes });
  return true;
}

/** What a process left that was killed in a sweep, and whose marker another one has removed. */
async function removeOldGuards({ queue, clock }: RuntimeContext): Promise<void> {
  let after: string | undefined;
  do {
    const { items, next } = await queue.kv.scan(SWEEPS_PREFIX, { after });
    for (const { key, value } of items) {
      if (!isUnderWay(value, clock.now())) await queue.kv.compareAndDelete(key, value);
    }
    after = next;
  } while (after !== undefined);
}

async function guardRun(
  { queue, clock }: RuntimeContext,
  runId: string,
): Promise<SweepGuard | undefined> {
  const guardKey = sweepKey(runId);
  const endKey = lastEndKey(runId);
  const [other, lastEnd] = [await queue.kv.get(guardKey), await queue.kv.get(endKey)];
  if (other !== undefined && isUnderWay(other, clock.now())) return undefined;
  const guard = beginSweep(queue, clock.now());
  const expect = { [runRecordKey(runId)]: undefined, [guardKey]: other, [endKey]: lastEnd };
  try {
    await queue.commit({ expect, put: { [guardKey]: guard.bytes } });
    return guard;
  } catch (error) {
    // Submitted just now, or swept by another process.
    if (WfError.is(error, "WF_CONFLICT")) return undefined;
    throw error;
  }
}
