import { type Step, StepOutcome } from "@wf/core";

/** An expense of some euros is asked about, and paid once somebody has approved it, within seven days. */
export async function approvalStep(step: Step): Promise<StepOutcome> {
  const expense = Buffer.from(step.payload).toString();
  if (step.stepNumber === 0) {
    // Where a real one sends a mail with a link. The key names the run, so that no other waits for it.
    return StepOutcome.continueOnSignal(step.payload, approvalKey(step.runId), "7d");
  }
  if (step.signal === undefined)
    return StepOutcome.fail(`nobody approved ${expense} in seven days`);
  const decision = Buffer.from(step.signal).toString();
  return StepOutcome.succeed(Buffer.from(`${expense} ${decision}`));
}

export function approvalKey(runId: string): string {
  return `approval of ${runId}`;
}
