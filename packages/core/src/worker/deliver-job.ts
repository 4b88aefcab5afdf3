import { isPermanent, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim, Queue } from "../queue/queue.ts";
import { failureText, isRefusedSettlement, retryAfterOf } from "./failure.ts";
import { JobError } from "./job-error.ts";
import type { WorkerFunction } from "./run-worker.ts";

/**
 * Has one job handled and settles it: acknowledged with the effects that the handler returns, or, where
 * it throws or the queue refuses those effects, dead or tried again as the failure says.
 */
export async function deliverJob(
  queue: Queue,
  process: WorkerFunction,
  claim: Claim,
): Promise<void> {
  let effects: Effects | undefined;
  try {
    effects = (await process(claim)) ?? undefined;
  } catch (thrown) {
    return await settleFailure(queue, claim, thrown);
  }
  try {
    await queue.ack(claim, effects);
  } catch (error) {
    if (!isRefusedSettlement(error)) throw error;
    await settleFailure(queue, claim, error);
  }
}

async function settleFailure(queue: Queue, claim: Claim, thrown: unknown): Promise<void> {
  const text = failureText(thrown);
  const onDead = thrown instanceof JobError ? thrown.onDead : undefined;
  // A conflict says that what was read has changed: another try may find it as it expects.
  const hopeless = isPermanent(thrown) && !WfError.is(thrown, "WF_CONFLICT");
  if (hopeless || isCancelled(claim)) {
    await queue.deadLetter(claim, text, onDead);
  } else {
    await queue.nack(claim, text, { retryAfter: retryAfterOf(thrown), onDead });
  }
}

function isCancelled(claim: Claim): boolean {
  if (claim.job.cancelRequested) return true;
  const { aborted, reason } = claim.abortSignal;
  return aborted && WfError.is(reason, "WF_CANCEL_REQUESTED");
}
