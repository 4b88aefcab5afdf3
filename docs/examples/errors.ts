import { isPermanent, type Queue, WfError } from "@wf/core";

// #region handle
/**
 * Enqueues a payment once, whoever else does, and says whether it was this
 * call.
 */
export async function enqueueOnce(
  queue: Queue,
  payment: string,
): Promise<boolean> {
  try {
    await queue.enqueue("payments", Buffer.from(payment), { id: payment });
    return true;
  } catch (error) {
    if (WfError.is(error, "WF_DUPLICATE_JOB_ID")) return false;
    if (isPermanent(error)) console.error(`${payment} can never be enqueued`);
    throw error;
  }
}
// #endregion handle
