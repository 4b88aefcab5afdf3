import { WfError } from "../errors.ts";
import type { KeyValueEntry } from "../queue/key-value.ts";
import { keptAt } from "./kept-outcome.ts";
import { sweepPeriodically } from "./periodic-sweep.ts";
import { OUTCOME_TIMES_PREFIX, outcomeKey, parseOutcomeTimeKey } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";

const PAGE = 256;

/** Removes the outcomes of runs that ended over `retentionMs` ago, as often as the memo sweeper does. */
export async function runOutcomeSweeper(
  context: RuntimeContext,
  retentionMs: number,
  signal: AbortSignal,
): Promise<void> {
  await sweepPeriodically(context.clock, retentionMs, signal, () =>
    sweep(context, context.clock.now() - retentionMs, signal),
  );
}

/** Every entry that is strictly older; the entries are in order of time, so it reads no others. */
async function sweep(
  context: RuntimeContext,
  expiredBefore: number,
  signal: AbortSignal,
): Promise<void> {
  let after: string | undefined;
  try {
    do {
      const options = { after, limit: PAGE };
      const page = await context.queue.kv.scan(OUTCOME_TIMES_PREFIX, options);
      const expired = page.items.filter(({ key }) => isBefore(key, expiredBefore));
      await Promise.all(expired.map((entry) => sweepOutcome(context, entry)));
      after = expired.length === page.items.length ? page.next : undefined;
    } while (after !== undefined && !signal.aborted);
  } catch (error) {
    context.logger.error({ err: error }, "a sweep of expired outcomes failed; will try again");
  }
}

function isBefore(key: string, time: number): boolean {
  const place = parseOutcomeTimeKey(key);
  return place !== undefined && place.terminatedAt < time;
}

async function sweepOutcome(context: RuntimeContext, { key, value }: KeyValueEntry): Promise<void> {
  const place = parseOutcomeTimeKey(key);
  if (place === undefined) return;
  const { queue, outcomeObjects, logger } = context;
  const { runId, terminatedAt } = place;
  try {
    const entryKey = outcomeKey(runId);
    const kept = await queue.kv.get(entryKey);
    // Else the id was used again, and the entry is of a later end.
    const isThis = kept !== undefined && keptAt(entryKey, kept) === terminatedAt;
    if (isThis) await queue.commit({ expect: { [entryKey]: kept }, delete: [entryKey] });
    if (value.length > 0) await outcomeObjects.remove(runId, Buffer.from(value).toString());
    // Last, so that a sweep that is cut off is taken up again.
    await queue.kv.delete(key);
  } catch (error) {
    // The run has ended again just now; the next sweep finds the entry as it is then.
    if (WfError.is(error, "WF_CONFLICT")) return;
    logger.error({ runId, err: error }, "an outcome could not be swept; will try again");
  }
}
