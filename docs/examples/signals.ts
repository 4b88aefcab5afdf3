import { type Step, StepOutcome, type WorkflowRuntime } from "@wf/core";

// #region steps
export async function expenseStep(step: Step): Promise<StepOutcome> {
  if (step.stepNumber === 0) {
    // Send the mail with the link here. The key names the run, so no other
    // run waits for it.
    return StepOutcome.continueOnSignal(
      step.payload,
      `approve ${step.runId}`,
      "7d",
    );
  }
  if (step.signal === undefined)
    return StepOutcome.fail("nobody approved it in seven days");
  return Buffer.from(step.signal).toString() === "yes"
    ? StepOutcome.succeed(step.payload)
    : StepOutcome.cancel("declined");
}
// #endregion steps

// #region send
/**
 * For the handler of the link: it may come before the run waits, after a
 * restart, or twice.
 */
export async function decide(
  runtime: WorkflowRuntime,
  runId: string,
  decision: "yes" | "no",
): Promise<string> {
  if ((await runtime.status(runId)) === undefined)
    return "this request is closed";
  const delivery = await runtime.signal(
    `approve ${runId}`,
    Buffer.from(decision),
  );
  return delivery === "delivered"
    ? "thank you"
    : "thank you, it will be looked at";
}
// #endregion send

// #region clear
/**
 * Once a run is over, removes what came too late for it, so that nothing
 * stays for ever.
 */
export async function forget(
  runtime: WorkflowRuntime,
  runId: string,
): Promise<boolean> {
  return await runtime.clearSignal(`approve ${runId}`);
}
// #endregion clear
