import type { Effects } from "../queue/effects.ts";
import { keepingPuts } from "./kept-outcome.ts";
import { END_UNKNOWN, encodeEnd } from "./last-end.ts";
import type { RunOutcome } from "./run.ts";
import {
  cancelKey,
  lastEndKey,
  runRecordKey,
  signalDeliveredKey,
  userHeaders,
} from "./run-keys.ts";
import type { RunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { noTerminalHook } from "./terminal-hook.ts";
import { type Ending, type StepJob, terminalRequest } from "./terminal-job.ts";

/** The end of a run, to be committed. */
export interface RunEnding {
  readonly outcome: RunOutcome;
  readonly effects: Effects;
}

/** What is committed at the end of a run: its record goes, and a terminal job comes where one is needed. */
export async function endRun(
  context: RuntimeContext,
  from: StepJob,
  runId: string,
  record: RunRecord,
  ending: Ending,
): Promise<RunEnding> {
  const { step, jobId } = record;
  const at = context.clock.now();
  const outcome = outcomeOf(ending, from.headers, runId, step, at);
  const { memoRetentionMs, outcomeRetentionMs } = context;
  const silent = memoRetentionMs === undefined && !isObserved(context, outcome);
  const kept = outcomeRetentionMs === undefined ? {} : await keepingPuts(context, outcome, jobId);
  const put =
    memoRetentionMs === undefined ? kept : { ...kept, [lastEndKey(runId)]: encodeEnd(at) };
  const note = { kind: "ended", ending, step, at } as const;
  const enqueue = silent ? [] : [terminalRequest(from, runId, jobId, note)];
  return { outcome, effects: { put, delete: runDeletes(runId, record), enqueue } };
}

/**
 * Stored with each step for a death that no worker sees: a lease that runs out with no attempts left, or
 * a process that ended. Why and when is not known then; the terminal job finds out.
 */
export function deathEffects(
  context: RuntimeContext,
  from: StepJob,
  runId: string,
  record: RunRecord,
): Effects {
  const { memoRetentionMs, outcomeRetentionMs, hook } = context;
  const deletes = runDeletes(runId, record);
  const isKept = memoRetentionMs !== undefined || outcomeRetentionMs !== undefined;
  if (!isKept && hook === noTerminalHook) return { delete: deletes };
  const { step, jobId, waitKey } = record;
  const note = { kind: "died", stepJobId: jobId, step, waitKey } as const;
  // The attempts of a step that died are no measure for those of its notification.
  const { queue, headers, priority } = from;
  const enqueue = [terminalRequest({ queue, headers, priority }, runId, jobId, note)];
  if (memoRetentionMs === undefined) return { delete: deletes, enqueue };
  return { delete: deletes, enqueue, put: { [lastEndKey(runId)]: END_UNKNOWN } };
}

function runDeletes(runId: string, { jobId, waitKey }: RunRecord): string[] {
  const always = [runRecordKey(runId), cancelKey(runId)];
  return waitKey === undefined ? always : [...always, signalDeliveredKey(jobId)];
}

export function outcomeOf(
  ending: Ending,
  jobHeaders: Readonly<Record<string, string>>,
  runId: string,
  finalStep: number,
  terminatedAt: number,
): RunOutcome {
  return { ...ending, runId, headers: userHeaders(jobHeaders), finalStep, terminatedAt };
}

export function isObserved({ hook, logger }: RuntimeContext, outcome: RunOutcome): boolean {
  try {
    return hook.observes?.(outcome) ?? true;
  } catch (thrown) {
    const details = { runId: outcome.runId, err: thrown };
    logger.error(details, "the terminal hook's observes failed; taken as true");
    return true;
  }
}
