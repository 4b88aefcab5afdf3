import { hash } from "node:crypto";

/** What the owners do and the parent knows: everything about a job or a run follows from its id. */
export const JOBS = "jobs";
export const STEPS = "workflow-steps";
export const LAST_STEP = 4;
export const SIGNAL_STEP = 2;

/** A payload of more bytes is an object of its own. */
export const OFFLOAD_ABOVE_BYTES = 4_096;

export function payloadOf(jobId: string): Uint8Array {
  const isLarge = numberOf(jobId) % 10 === 0;
  return Buffer.alloc(isLarge ? 2 * OFFLOAD_ABOVE_BYTES : 100, hash("sha256", jobId));
}

/** What the call of a step is answered with. */
export function answerOf(runId: string, step: number): string {
  return hash("sha256", `${runId} ${step}`).slice(0, 8);
}

/** Without the part that tells one execution of the last step from another. */
export function resultOf(runId: string): string {
  const path = [runId];
  for (let step = 0; step <= LAST_STEP; step++) {
    if (step === SIGNAL_STEP + 1) path.push("signal");
    path.push(answerOf(runId, step));
  }
  return path.join(",");
}

/** Whether its owner cancels the run. */
export function isCancelled(runId: string): boolean {
  return numberOf(runId) % 9 === 4;
}

/** The number of a job or run within its life. */
function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}
