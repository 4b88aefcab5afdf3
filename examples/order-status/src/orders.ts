import { type KeyValueReader, type Step, StepOutcome, type TerminalHook } from "@wf/core";

export const ORDERS = 40;
/** The row's text while the run is at each step; the last one is written by the terminal hook. */
const STATUS_AT_STEP = ["submitted", "charged", "packed"] as const;
export const SHIPPED = "shipped";

export function rowKey(orderId: string): string {
  return `orders/${orderId}`;
}

/** What the row has to say of an order that is at `step`. */
export function statusAt(step: number): string {
  return STATUS_AT_STEP[step] as string;
}

/** Each step moves the row in the commit that moves the run. */
export async function orderStep(step: Step): Promise<StepOutcome> {
  const next = step.stepNumber + 1;
  if (next < STATUS_AT_STEP.length) {
    step.effects.put(rowKey(step.runId), Buffer.from(statusAt(next)));
    return StepOutcome.continueAfter(step.payload, 5);
  }
  step.effects.put(rowKey(step.runId), Buffer.from("handed over"));
  return StepOutcome.succeed(step.payload);
}

/** The row's last move goes with the notification, which comes at least once; it is the same each time. */
export const shippingHook: TerminalHook = {
  async onTermination(outcome, effects) {
    effects.put(rowKey(outcome.runId), Buffer.from(SHIPPED));
  },
};

export async function readStatus(kv: KeyValueReader, orderId: string): Promise<string> {
  return Buffer.from((await kv.get(rowKey(orderId))) ?? "").toString();
}
