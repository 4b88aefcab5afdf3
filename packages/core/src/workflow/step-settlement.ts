import { isPermanent, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim } from "../queue/queue.ts";
import { failureText, isRefusedSettlement, retryAfterOf } from "../worker/failure.ts";
import { endEffects } from "./run-end.ts";
import { cancelKey, runRecordKey } from "./run-keys.ts";
import { encodeRunRecord, type RunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { singleEntry } from "./single-entry.ts";
import { stepRequest } from "./step-job.ts";
import type { StepOutcome } from "./step-outcome.ts";
import type { Ending } from "./terminal-job.ts";

/** A step whose job is claimed. */
export interface ClaimedStep {
  readonly claim: Claim;
  readonly runId: string;
  readonly number: number;
  readonly record: RunRecord;
}

/** Commits what the runner returned, unless the run was cancelled from outside meanwhile. */
export async function settleOutcome(
  context: RuntimeContext,
  step: ClaimedStep,
  outcome: StepOutcome,
  staged: Effects | undefined,
): Promise<void> {
  const decided = outcomeEffects(context, step, outcome);
  const effects = staged === undefined ? decided : withStaged(decided, staged);
  try {
    await context.queue.ack(step.claim, effects);
  } catch (error) {
    if (WfError.is(error, "WF_CONFLICT")) return await settleCancelled(context, step);
    if (!isRefusedSettlement(error)) throw error;
    await settleThrown(context, step, error);
  }
}

/** Ends the run as cancelled from outside: without a reason, and without what the runner staged. */
export async function settleCancelled(context: RuntimeContext, step: ClaimedStep): Promise<void> {
  const effects = endOf(context, step, { status: "cancelled", reason: undefined });
  await context.queue.ack(step.claim, effects);
}

/** Commits a failed attempt: the run's end where it was cancelled meanwhile or cannot go on, else a retry. */
export async function settleThrown(
  context: RuntimeContext,
  step: ClaimedStep,
  thrown: unknown,
): Promise<void> {
  if (await isCancelled(context, step)) return await settleCancelled(context, step);
  const error = failureText(thrown);
  const onDead = unlessCancelled(context, step, { status: "failed", error });
  try {
    if (isPermanent(thrown)) await context.queue.deadLetter(step.claim, error, onDead);
    else await context.queue.nack(step.claim, error, { retryAfter: retryAfterOf(thrown), onDead });
  } catch (refusal) {
    if (!WfError.is(refusal, "WF_CONFLICT")) throw refusal;
    await settleCancelled(context, step);
  }
}

/** What a commit expects that a cancel from outside shall overrule. */
function notCancelled({ runId }: ClaimedStep): Effects["expect"] {
  return singleEntry(cancelKey(runId), undefined);
}

/** Whether a retry would be in vain. What cannot be read now is seen by the next delivery. */
async function isCancelled({ queue }: RuntimeContext, step: ClaimedStep): Promise<boolean> {
  const mark = await queue.kv.get(cancelKey(step.runId)).catch(() => undefined);
  const { aborted, reason } = step.claim.abortSignal;
  return mark !== undefined || (aborted && WfError.is(reason, "WF_CANCEL_REQUESTED"));
}

function outcomeEffects(context: RuntimeContext, step: ClaimedStep, outcome: StepOutcome): Effects {
  switch (outcome.kind) {
    case "continue":
      return continueEffects(context, step, outcome.payload, outcome.delayMs);
    case "succeed":
      return unlessCancelled(context, step, { status: "succeeded", result: outcome.result });
    case "fail":
      return unlessCancelled(context, step, { status: "failed", error: outcome.reason });
    case "cancel":
      return endOf(context, step, { status: "cancelled", reason: outcome.reason });
  }
}

function continueEffects(
  context: RuntimeContext,
  step: ClaimedStep,
  payload: Uint8Array,
  delayMs: number,
): Effects {
  const { runId, record } = step;
  const { submittedAt, inputSha256 } = record;
  const next = {
    submittedAt,
    inputSha256,
    step: step.number + 1,
    jobId: context.queue.nextJobId(),
  };
  const runAt = delayMs > 0 ? context.clock.now() + delayMs : undefined;
  return {
    expect: notCancelled(step),
    enqueue: [stepRequest(context, step.claim.job, runId, next, payload, runAt)],
    put: singleEntry(runRecordKey(runId), encodeRunRecord(next)),
  };
}

function withStaged(decided: Effects, staged: Effects): Effects {
  return {
    ...decided,
    put: { ...staged.put, ...decided.put },
    delete: [...(staged.delete ?? []), ...(decided.delete ?? [])],
  };
}

function unlessCancelled(context: RuntimeContext, step: ClaimedStep, ending: Ending): Effects {
  return { ...endOf(context, step, ending), expect: notCancelled(step) };
}

function endOf(context: RuntimeContext, step: ClaimedStep, ending: Ending): Effects {
  return endEffects(context, step.claim.job, step.runId, step.number, ending);
}
