import { isPermanent, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim } from "../queue/queue.ts";
import { failureText, isRefusedSettlement, retryAfterOf } from "../worker/failure.ts";
import { endRun, type RunEnding } from "./run-end.ts";
import { cancelKey, runRecordKey, signalDeliveredKey } from "./run-keys.ts";
import { encodeRunRecord, type RunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { registration } from "./signal-wait.ts";
import { singleEntry } from "./single-entry.ts";
import { StepError } from "./step-error.ts";
import { stepRequest } from "./step-job.ts";
import type { StepOutcome } from "./step-outcome.ts";
import type { Ending, StepJob } from "./terminal-job.ts";

/** A step whose job is claimed. */
export interface ClaimedStep {
  readonly claim: Claim;
  readonly runId: string;
  readonly number: number;
  readonly record: RunRecord;
}

/** What a runner has decided, to be committed. */
export interface Decision {
  readonly outcome: StepOutcome;
  readonly staged: Effects | undefined;
  /** When; delays and timeouts count from then. */
  readonly decidedAt: number;
}

type Continue = Extract<StepOutcome, { kind: "continue" }>;
type End = Extract<StepOutcome, { kind: "succeed" | "fail" | "cancel" }>;
type SignalWait = Extract<StepOutcome, { kind: "continueOnSignal" }>;

/** Times that signals may come between before a step gives up registering for one. */
const MAX_TRIES = 100;

/** Commits what the runner returned, unless the run was cancelled from outside meanwhile. */
export async function settleOutcome(
  context: RuntimeContext,
  step: ClaimedStep,
  decision: Decision,
): Promise<void> {
  const { outcome } = decision;
  try {
    // The common case, kept free of a further asynchronous call.
    if (outcome.kind === "continue") {
      await context.queue.ack(step.claim, nextStep(context, step, decision, outcome));
    } else if (outcome.kind === "continueOnSignal") {
      await settleWait(context, step, decision, outcome);
    } else {
      await settleEnd(context, step, decision, endingBy(outcome));
    }
  } catch (error) {
    if (WfError.is(error, "WF_CONFLICT")) return await settleCancelled(context, step);
    if (!isRefusedSettlement(error) && !isUnsaved(error)) throw error;
    await settleThrown(context, step, error);
  }
}

function endingBy(outcome: End): Ending {
  switch (outcome.kind) {
    case "succeed":
      return { status: "succeeded", result: outcome.result };
    case "fail":
      return { status: "failed", error: outcome.reason };
    case "cancel":
      return { status: "cancelled", reason: outcome.reason };
  }
}

/** Ends the run as cancelled from outside: without a reason, and without what the runner staged. */
export async function settleCancelled(context: RuntimeContext, step: ClaimedStep): Promise<void> {
  const ending = await endOf(context, step, step.claim.job, {
    status: "cancelled",
    reason: undefined,
  });
  await ackEnd(context, step, ending.outcome, ending.effects);
}

/** Commits a failed attempt: the run's end where it was cancelled meanwhile or cannot go on, else a retry. */
export async function settleThrown(
  context: RuntimeContext,
  step: ClaimedStep,
  thrown: unknown,
): Promise<void> {
  if (await isCancelled(context, step)) return await settleCancelled(context, step);
  const { queue } = context;
  const { claim } = step;
  const error = failureText(thrown);
  // The attempts of a step that died are no measure for those of its notification.
  const from = { queue: claim.job.queue, headers: claim.job.headers, priority: claim.job.priority };
  const { outcome, effects } = await endOf(context, step, from, { status: "failed", error });
  const onDead = { ...effects, expect: notCancelled(step) };
  try {
    await context.endings.commit(outcome, async () => {
      if (isPermanent(thrown)) {
        await queue.deadLetter(claim, error, onDead);
        return true;
      }
      const retryAfter = retryDelayOf(thrown);
      return (await queue.nack(claim, error, { retryAfter, onDead })) === "dead";
    });
  } catch (refusal) {
    if (!WfError.is(refusal, "WF_CONFLICT")) throw refusal;
    await settleCancelled(context, step);
  }
}

function nextStep(
  context: RuntimeContext,
  step: ClaimedStep,
  { staged, decidedAt }: Decision,
  { payload, delayMs }: Continue,
): Effects {
  const next = nextRecord(context, step, undefined);
  const runAt = delayMs > 0 ? decidedAt + delayMs : undefined;
  return withStaged(continueEffects(context, step, next, payload, runAt), staged);
}

/** Moves on to a step that waits for a signal, or has one that is there already. */
async function settleWait(
  context: RuntimeContext,
  step: ClaimedStep,
  { staged, decidedAt }: Decision,
  { payload, correlationKey: key, timeoutMs }: SignalWait,
): Promise<void> {
  const { runId } = step;
  const next = nextRecord(context, step, key);
  const waiter = { key, runId, step: next.step, jobId: next.jobId };
  for (let tries = 1; ; tries++) {
    const { signalled, effects } = await registration(context, waiter);
    const runAt = signalled ? undefined : decidedAt + timeoutMs;
    const moved = continueEffects(context, step, next, payload, runAt);
    const all = {
      ...moved,
      expect: { ...effects.expect, ...moved.expect },
      put: { ...effects.put, ...moved.put },
      delete: [...effects.delete, ...(moved.delete ?? [])],
    };
    try {
      await context.queue.ack(step.claim, withStaged(all, staged));
      return;
    } catch (error) {
      if (!WfError.is(error, "WF_CONFLICT")) throw error;
      if (await isMarked(context, step)) throw error;
      if (tries === MAX_TRIES) throw tooBusy(key);
    }
  }
}

async function settleEnd(
  context: RuntimeContext,
  step: ClaimedStep,
  { outcome: { kind }, staged }: Decision,
  ending: Ending,
): Promise<void> {
  const { outcome, effects } = await endOf(context, step, step.claim.job, ending);
  // A step's own cancel goes before one from outside.
  const decided = kind === "cancel" ? effects : { ...effects, expect: notCancelled(step) };
  await ackEnd(context, step, outcome, withStaged(decided, staged));
}

async function ackEnd(
  { queue, endings }: RuntimeContext,
  { claim }: ClaimedStep,
  outcome: RunEnding["outcome"],
  effects: Effects,
): Promise<void> {
  await endings.commit(outcome, async () => {
    await queue.ack(claim, effects);
    return true;
  });
}

function nextRecord(
  { queue }: RuntimeContext,
  { number, record: { submittedAt, inputSha256 } }: ClaimedStep,
  waitKey: string | undefined,
): RunRecord {
  return { submittedAt, inputSha256, step: number + 1, jobId: queue.nextJobId(), waitKey };
}

function continueEffects(
  context: RuntimeContext,
  step: ClaimedStep,
  next: RunRecord,
  payload: Uint8Array,
  runAt: number | undefined,
): Effects {
  const { runId, record, claim } = step;
  const effects = {
    expect: notCancelled(step),
    enqueue: [stepRequest(context, claim.job, runId, next, payload, runAt)],
    put: singleEntry(runRecordKey(runId), encodeRunRecord(next)),
  };
  if (record.waitKey === undefined) return effects;
  return { ...effects, delete: [signalDeliveredKey(record.jobId)] };
}

/** What a commit expects that a cancel from outside shall overrule. */
function notCancelled({ runId }: ClaimedStep): NonNullable<Effects["expect"]> {
  return singleEntry(cancelKey(runId), undefined);
}

async function isMarked({ queue }: RuntimeContext, { runId }: ClaimedStep): Promise<boolean> {
  return (await queue.kv.get(cancelKey(runId))) !== undefined;
}

/** Whether a retry would be in vain. What cannot be read now is seen by the next delivery. */
export async function isCancelled(context: RuntimeContext, step: ClaimedStep): Promise<boolean> {
  const { aborted, reason } = step.claim.abortSignal;
  if (aborted && WfError.is(reason, "WF_CANCEL_REQUESTED")) return true;
  return await isMarked(context, step).catch(() => false);
}

function withStaged(decided: Effects, staged: Effects | undefined): Effects {
  if (staged === undefined) return decided;
  return {
    ...decided,
    put: { ...staged.put, ...decided.put },
    delete: [...(staged.delete ?? []), ...(decided.delete ?? [])],
  };
}

function endOf(
  context: RuntimeContext,
  { runId, record }: ClaimedStep,
  from: StepJob,
  ending: Ending,
): Promise<RunEnding> {
  return endRun(context, from, runId, record, ending);
}

/** Nothing was committed because something else could not be stored before. */
function isUnsaved(error: unknown): boolean {
  return WfError.is(error) && error.code.startsWith("WF_STORE_");
}

function retryDelayOf(thrown: unknown): number | undefined {
  // For the next process to take up, after a step that heeded a shutdown.
  return WfError.is(thrown, "WF_SHUTDOWN") ? 0 : retryAfterOf(thrown);
}

function tooBusy(key: string): StepError {
  return StepError.transient(
    `signals for ${JSON.stringify(key)} changed ${MAX_TRIES} times while a step was to wait for one`,
  );
}
