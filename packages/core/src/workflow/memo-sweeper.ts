import type { TerminalMarker } from "../memo/memo-store.ts";
import { readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";

/**
 * Removes the memo entries of runs that ended over `retentionMs` ago: at once, so that what an earlier
 * process left is caught, and then once every `retentionMs`, until `signal` is aborted. Never fails.
 */
export async function runMemoSweeper(
  context: RuntimeContext,
  retentionMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sweep(context, retentionMs, signal);
    // Rejects when aborted, which ends the loop.
    await context.clock.sleep(retentionMs, signal).catch(() => {});
  }
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
  } catch (error) {
    context.logger.error({ err: error }, "a sweep of expired memos failed; will try again");
  }
}

async function sweepRun(context: RuntimeContext, marker: TerminalMarker): Promise<void> {
  try {
    // Active again under the same id: its memo is in use, and its next end writes a new marker.
    const active = await readRunRecord(context.queue.kv, marker.runId);
    if (active === undefined) await context.memos.clearRun(marker.runId);
    // Last, so that a sweep that is cut off is taken up again.
    await context.memos.deleteTerminalMarker(marker);
  } catch (error) {
    const details = { runId: marker.runId, err: error };
    context.logger.error(details, "the memo of an ended run could not be swept; will try again");
  }
}
