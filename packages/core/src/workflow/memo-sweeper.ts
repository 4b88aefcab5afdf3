import { WfError } from "../errors.ts";
import type { TerminalMarker } from "../memo/memo-store.ts";
import { sweepPeriodically } from "./periodic-sweep.ts";
import { END_UNKNOWN } from "./run-end.ts";
import { lastEndKey, runRecordKey, SWEEPS_PREFIX, sweepKey } from "./run-keys.ts";
import { readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { beginSweep, isUnderWay, type SweepGuard } from "./sweep-guard.ts";

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
      await sweepRun(context, marker);
    }
    await removeOldGuards(context);
  } catch (error) {
    context.logger.error({ err: error }, "a sweep of expired memos failed; will try again");
  }
}

async function sweepRun(context: RuntimeContext, marker: TerminalMarker): Promise<void> {
  try {
    const isOver = (await isInUse(context, marker))
      ? // Its next end writes, or has written, a new marker.
        await isCurrent(context, marker.runId)
      : await clear(context, marker.runId);
    // Last, so that a sweep that is cut off is taken up again.
    if (isOver) await context.memos.deleteTerminalMarker(marker);
  } catch (error) {
    const details = { runId: marker.runId, err: error };
    context.logger.error(details, "the memo of an ended run could not be swept; will try again");
  }
}

/** Whether the run's id was used again since: by a run that is active, or that has ended later. */
async function isInUse({ queue }: RuntimeContext, marker: TerminalMarker): Promise<boolean> {
  if ((await readRunRecord(queue.kv, marker.runId)) !== undefined) return true;
  const lastEnd = await queue.kv.get(lastEndKey(marker.runId));
  if (lastEnd === undefined) return false;
  const text = Buffer.from(lastEnd).toString();
  return text === END_UNKNOWN.toString() || Number(text) > marker.terminatedAt;
}

/**
 * Whether what was read of the run still holds. Writes the time of its last end as it is there, which a queue
 * refuses that was taken over and has not noticed: its reads are of then.
 */
async function isCurrent({ queue }: RuntimeContext, runId: string): Promise<boolean> {
  const key = lastEndKey(runId);
  const lastEnd = await queue.kv.get(key);
  const same = lastEnd === undefined ? { delete: [key] } : { put: { [key]: lastEnd } };
  try {
    await queue.commit({ expect: { [key]: lastEnd }, ...same });
    return true;
  } catch (error) {
    // The run has ended again just now.
    if (WfError.is(error, "WF_CONFLICT")) return false;
    throw error;
  }
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
