import { type Step, StepOutcome } from "@wf/core";

interface Order {
  readonly item: string;
  readonly amount: number;
  readonly receipt?: string;
}

export async function orderStep(step: Step): Promise<StepOutcome> {
  const order: Order = JSON.parse(Buffer.from(step.payload).toString());
  if (step.stepNumber === 0) {
    const receipt = await step.memo.remember("charge", () => charge(order));
    const next = Buffer.from(JSON.stringify({ ...order, receipt }));
    return StepOutcome.continueAfter(next, "3s"); // or "7d"
  }
  return StepOutcome.succeed(
    Buffer.from(`${order.item} shipped, ${order.receipt}`),
  );
}

/** Stands for a call that costs money. */
async function charge({ amount }: Order): Promise<string> {
  console.log(`charging ${amount} EUR`);
  return `paid ${amount} EUR`;
}
