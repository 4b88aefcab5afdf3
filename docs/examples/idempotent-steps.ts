import {
  type Step,
  StepError,
  StepOutcome,
  WfError,
  type WorkflowRuntime,
} from "@wf/core";
import { fromBytes, toBytes } from "./json.ts";

/**
 * Stands for an API that knows idempotency keys, as those of payment
 * providers do.
 */
export interface Payments {
  charge(
    amount: number,
    idempotencyKey: string,
    signal: AbortSignal,
  ): Promise<string>;
}

// #region step
export function chargeStep(payments: Payments) {
  return async (step: Step): Promise<StepOutcome> => {
    const { amount } = fromBytes(step.payload);
    // The same for every attempt of this step, and for no other step.
    const key = `${step.runId}-${step.stepNumber}`;
    const receipt = await step.memo.remember("receipt", () =>
      payments.charge(amount, key, step.abortSignal),
    );
    // The row changes in the commit that ends the step: never without it,
    // never twice.
    step.effects.put(
      `orders/${step.runId}`,
      toBytes({ status: "paid", receipt }),
    );
    return StepOutcome.succeed(toBytes({ receipt }));
  };
}
// #endregion step

// #region failures
export async function fetchOrFail(url: string, step: Step): Promise<Response> {
  const response = await fetch(url, { signal: step.abortSignal });
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get("retry-after") ?? 0);
  if (response.status === 429 && retryAfter > 0) {
    throw StepError.transient("told to wait", { retryAfter: `${retryAfter}s` });
  }
  const text = `${url} answered ${response.status}`;
  // What a client did wrong, it will do wrong again.
  throw response.status < 500
    ? StepError.permanent(text)
    : StepError.transient(text);
}
// #endregion failures

// #region submit
/**
 * May be called any number of times for one order, by any process, also when
 * its answer was lost.
 */
export async function submitOrder(
  runtime: WorkflowRuntime,
  orderId: string,
  order: object,
): Promise<void> {
  try {
    await runtime.submit({
      runId: orderId,
      input: toBytes(order),
      kv: { [`orders/${orderId}`]: toBytes({ status: "submitted" }) },
    });
  } catch (error) {
    if (!WfError.is(error, "WF_INPUT_MISMATCH")) throw error;
    throw new Error(`order ${orderId} is under way with another content`, {
      cause: error,
    });
  }
}
// #endregion submit
