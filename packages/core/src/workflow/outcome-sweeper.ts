import { WfError } from "../errors.ts";
import type { KeyValueEntry } from "../queue/key-value.ts";
import { keptAt } from "./kept-outcome.ts";
import { sweepPeriodically } from "./periodic-sweep.ts";
import {
  OUTCOME_TIMES_PREFIX,
  type OutcomePlace,
  outcomeKey,
  parseOutcomeTimeKey,
} from "./run-keys.ts";
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
      await sweepOutcomes(context, expired);
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

async function sweepOutcomes(
  context: RuntimeContext,
  entries: readonly KeyValueEntry[],
): Promise<void> {
  const all = await Promise.all(entries.map((entry) => sweepOutcome(context, entry)));
  const swept = all.filter((place) => place !== undefined);
  if (swept.length === 0) return;
  await context.outcomeObjects.remove(swept);
  // Last, so that a sweep that is cut off is taken up again.
  await context.queue.commit({ delete: swept.map(({ key }) => key) });
}

interface SweptOutcome {
  /** Of the entry in order of time. */
  readonly key: string;
  readonly runId: string;
  /** Names the object where there is one: of this outcome, or of one that did not come to be. */
  readonly jobId: string;
}

/** Removes the outcome itself; undefined where it is left to the next sweep. */
async function sweepOutcome(
  { queue, logger }: RuntimeContext,
  { key, value }: KeyValueEntry,
): Promise<SweptOutcome | undefined> {
  const { runId, terminatedAt } = parseOutcomeTimeKey(key) as OutcomePlace;
  try {
    const entryKey = outcomeKey(runId);
    const kept = await queue.kv.get(entryKey);
    // Else the id was used again, and the entry is of a later end.
    const isThis = kept !== undefined && keptAt(entryKey, kept) === terminatedAt;
    if (isThis) await queue.commit({ expect: { [entryKey]: kept }, delete: [entryKey] });
    return { key, runId, jobId: Buffer.from(value).toString() };
  } catch (error) {
    // The run has ended again just now; the next sweep finds the entry as it is then.
    if (WfError.is(error, "WF_CONFLICT")) return undefined;
    logger.error({ runId, err: error }, "an outcome could not be swept; will try again");
    return undefined;
  }
}
