import type { Effects } from "../queue/effects.ts";
import type { Claim } from "../queue/queue.ts";
import { failureText } from "../worker/failure.ts";
import { readStepHeaders, runRecordKey } from "./run-keys.ts";
import { decodeRunRecord, type RunRecord } from "./run-record.ts";
import { RunningStep } from "./running-step.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { checkOutcome, type StepOutcome } from "./step-outcome.ts";
import {
  type ClaimedStep,
  settleCancelled,
  settleOutcome,
  settleThrown,
} from "./step-settlement.ts";

const NO_STEP = "this job is no step of a workflow: its headers name no run and step";

/** Runs the step that a job is for, and settles it. */
export async function deliverStep(context: RuntimeContext, claim: Claim): Promise<void> {
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
  return await (claim.job.cancelRequested ? settleCancelled(context, step) : run(context, step));
}

async function run(context: RuntimeContext, step: ClaimedStep): Promise<void> {
  const running = new RunningStep(context, step.claim, step.runId, step.number);
  let outcome: StepOutcome;
  let staged: Effects | undefined;
  try {
    outcome = checkOutcome(await context.runStep(running));
    staged = running.sealEffects();
  } catch (thrown) {
    running.sealEffects();
    return await settleThrown(context, step, thrown);
  }
  await settleOutcome(context, step, outcome, staged);
}
