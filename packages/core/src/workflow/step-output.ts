import { decode, encode } from "cborg";
import { WfError } from "../errors.ts";
import { checkEffects } from "../queue/checks.ts";
import type { Effects } from "../queue/effects.ts";
import type { RunningStep } from "./running-step.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { checkOutcome } from "./step-outcome.ts";
import type { Decision } from "./step-settlement.ts";
import { isCount } from "./stored-map.ts";

const VERSION = 1;

/**
 * What an earlier attempt of this very step decided and did not live to commit; undefined where there is
 * nothing, or nothing that this version can read.
 *
 * @throws StoreError when it cannot be read for the moment
 */
export async function recalledDecision(
  { stepOutputs, logger }: RuntimeContext,
  { runId, stepNumber, payload, jobId, attempts }: RunningStep,
): Promise<Decision | undefined> {
  // The first attempt of a step follows no other, also where its run id was used before.
  if (stepOutputs === undefined || attempts === 1) return undefined;
  try {
    const stored = await stepOutputs.read(runId, stepNumber, payload);
    return stored && decodeDecision(stored, jobId);
  } catch (error) {
    const unreadable =
      WfError.is(error, "WF_DATA_CORRUPT") || WfError.is(error, "WF_LAYOUT_UNSUPPORTED");
    if (!unreadable) throw error;
    logger.warn(
      { runId, stepNumber, err: error },
      "a step's output cannot be read; the step runs again",
    );
    return undefined;
  }
}

/** Keeps a decision until it is committed. Failing to is no reason to run the step again. */
export async function keepDecision(
  { stepOutputs, logger }: RuntimeContext,
  { runId, stepNumber, payload, jobId }: RunningStep,
  decision: Decision,
): Promise<void> {
  if (stepOutputs === undefined) return;
  try {
    await stepOutputs.write(runId, stepNumber, payload, encodeDecision(decision, jobId));
  } catch (error) {
    const details = { runId, stepNumber, err: error };
    logger.warn(details, "a step's output could not be kept; a crash now would run the step again");
  }
}

function encodeDecision({ outcome, staged, decidedAt }: Decision, jobId: string): Uint8Array {
  const put = staged?.put && Object.entries(staged.put);
  const kept = { v: VERSION, jobId, outcome, put, delete: staged?.delete, decidedAt };
  return encode(kept, { ignoreUndefinedProperties: true });
}

/** Undefined where it is of another run that had the id, or of a newer version. */
function decodeDecision(stored: Uint8Array, jobId: string): Decision | undefined {
  try {
    const { v, decidedAt, outcome, ...rest } = decode(stored);
    if (v !== VERSION || rest.jobId !== jobId || !isCount(decidedAt)) return undefined;
    return { outcome: checkOutcome(outcome), staged: stagedOf(rest.put, rest.delete), decidedAt };
  } catch {
    return undefined;
  }
}

function stagedOf(
  put: readonly (readonly [string, Uint8Array])[] | undefined,
  deletes: readonly string[] | undefined,
): Effects | undefined {
  if (put === undefined && deletes === undefined) return undefined;
  const staged = { put: Object.fromEntries(put ?? []), delete: deletes ?? [] };
  checkEffects(staged);
  return staged;
}
