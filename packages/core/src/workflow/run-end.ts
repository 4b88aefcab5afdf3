import type { Effects } from "../queue/effects.ts";
import type { RunOutcome } from "./run.ts";
import { cancelKey, runRecordKey, userHeaders } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { noTerminalHook } from "./terminal-hook.ts";
import { type Ending, type StepJob, terminalRequest } from "./terminal-job.ts";

/** What is committed at the end of a run: its record goes, and a terminal job comes where one is needed. */
export function endEffects(
  context: RuntimeContext,
  from: StepJob,
  runId: string,
  step: number,
  ending: Ending,
): Effects {
  const at = context.clock.now();
  const outcome = outcomeOf(ending, from.headers, runId, step, at);
  const silent = context.memoRetentionMs === undefined && !isObserved(context, outcome);
  return {
    delete: [runRecordKey(runId), cancelKey(runId)],
    enqueue: silent ? [] : [terminalRequest(from, runId, { kind: "ended", ending, step, at })],
  };
}

/**
 * Stored with each step for a death that no worker sees: a lease that runs out with no attempts left, or
 * a process that ended. Why and when is not known then; the terminal job finds out.
 */
export function deathEffects(
  context: RuntimeContext,
  from: StepJob,
  runId: string,
  step: number,
  stepJobId: string,
): Effects {
  const silent = context.memoRetentionMs === undefined && context.hook === noTerminalHook;
  return {
    delete: [runRecordKey(runId), cancelKey(runId)],
    enqueue: silent ? [] : [terminalRequest(from, runId, { kind: "died", stepJobId, step })],
  };
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
