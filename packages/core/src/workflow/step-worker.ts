import type { Claim } from "../queue/queue.ts";
import { failureText } from "../worker/failure.ts";
import { readStepHeaders, runRecordKey } from "./run-keys.ts";
import { decodeRunRecord, type RunRecord } from "./run-record.ts";
import { RunningStep } from "./running-step.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { endRegistration, takeSignal, waiterOf } from "./signal-wait.ts";
import { checkOutcome } from "./step-outcome.ts";
import { keepDecision, recalledDecision } from "./step-output.ts";
import {
  type ClaimedStep,
  type Decision,
  isCancelled,
  settleCancelled,
  settleOutcome,
  settleThrown,
} from "./step-settlement.ts";

const NO_STEP = "this job is no step of a workflow: its headers name no run and step";

/** Runs the step that a job is for, and settles it. `shutdown` is aborted when the runtime is to stop. */
export async function deliverStep(
  context: RuntimeContext,
  claim: Claim,
  shutdown: AbortSignal,
): Promise<void> {
  const { queue } = context;
  const place = readStepHeaders(claim.job.headers);
  if (place === undefined) return await queue.deadLetter(claim, NO_STEP);
  const { runId, step: number } = place;
  const recordKey = runRecordKey(runId);
  let record: RunRecord | undefined;
  try {
    const stored = await queue.kv.get(recordKey);
    record = stored && decodeRunRecord(recordKey, stored);
  } catch (error) {
    // Not the fault of the run, and worth another try even where the record is of a newer version.
    await queue.nack(claim, failureText(error));
    return;
  }
  if (record?.jobId !== claim.job.id) {
    // The job's own onDead would end the run that has the id now.
    const reason = `run ${runId} has ended, or moved on from step ${number}; submit the run again`;
    return await queue.deadLetter(claim, reason, {});
  }
  const step = { claim, runId, number, record };
  if (claim.job.cancelRequested) return await endCancelled(context, step);
  const running = new RunningStep(context, claim, runId, number, shutdown);
  let decision: Decision;
  try {
    const recalled = isSpecial(context, record) ? await prepare(context, step, running) : undefined;
    decision = recalled ?? decided(context, await context.runStep(running), running);
    if (context.stepOutputs !== undefined && recalled === undefined) {
      await keep(context, step, running, decision);
    }
  } catch (thrown) {
    running.end();
    return await settleThrown(context, step, thrown);
  }
  running.end();
  await settleOutcome(context, step, decision);
}

async function endCancelled(context: RuntimeContext, step: ClaimedStep): Promise<void> {
  const waiter = waiterOf(step.runId, step.record);
  if (waiter !== undefined) await endRegistration(context, waiter);
  await settleCancelled(context, step);
}

/** Whether there is more to a step than to run it. */
function isSpecial({ stepOutputs }: RuntimeContext, { waitKey }: RunRecord): boolean {
  return waitKey !== undefined || stepOutputs !== undefined;
}

/** Gets the step's signal, unless an earlier attempt has decided already; its decision then. */
async function prepare(
  context: RuntimeContext,
  { claim, runId, record }: ClaimedStep,
  running: RunningStep,
): Promise<Decision | undefined> {
  const waiter = waiterOf(runId, record);
  if (waiter !== undefined) await endRegistration(context, waiter);
  const recalled = await recalledDecision(context, running);
  // Only now: what an earlier attempt decided without a signal must not use one up.
  if (recalled === undefined && waiter !== undefined) {
    running.signal = await takeSignal(context, claim, waiter, record);
  }
  return recalled;
}

function decided(context: RuntimeContext, returned: unknown, running: RunningStep): Decision {
  const outcome = checkOutcome(returned);
  return { outcome, staged: running.sealEffects(), decidedAt: context.clock.now() };
}

async function keep(
  context: RuntimeContext,
  step: ClaimedStep,
  running: RunningStep,
  decision: Decision,
): Promise<void> {
  if (!(await isCancelled(context, step))) await keepDecision(context, running, decision);
}
