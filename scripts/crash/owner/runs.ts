import { randomUUID } from "node:crypto";
import {
  type ObjectStore,
  type RunOutcome,
  type Step,
  StepOutcome,
  WorkflowRuntime,
} from "@wf/core";
import type { ObjectStoreQueue } from "@wf/queue-object-store";
import { answerOf, isCancelled, LAST_STEP, SIGNAL_STEP } from "../workload.ts";
import { pause } from "./jobs.ts";
import { say } from "./say.ts";

const MAX_ATTEMPTS = 100_000;

/** Each step pays for a call; one waits for a signal; the result shows all of it, and which execution gave it. */
async function runStep({ runId, stepNumber, payload, memo, signal }: Step): Promise<StepOutcome> {
  const paid = await memo.remember("call", () => {
    say("call", runId, stepNumber);
    return answerOf(runId, stepNumber);
  });
  say("memo", runId, stepNumber);
  const heard = stepNumber === SIGNAL_STEP + 1 ? [`${Buffer.from(signal ?? [])}`] : [];
  const path = [Buffer.from(payload).toString(), ...heard, paid].join(",");
  if (stepNumber === SIGNAL_STEP) {
    return StepOutcome.continueOnSignal(Buffer.from(path), runId, "1d");
  }
  if (stepNumber < LAST_STEP) return StepOutcome.continueNow(Buffer.from(path));
  return StepOutcome.succeed(Buffer.from(`${path}#${randomUUID()}`));
}

async function onTermination({ runId, status, ...outcome }: RunOutcome): Promise<void> {
  const result = "result" in outcome ? Buffer.from(outcome.result).toString() : "";
  say("ended", runId, status, outcome.terminatedAt, result);
}

export function buildRuntime(
  queue: ObjectStoreQueue,
  store: ObjectStore,
  retentionMs: number,
): WorkflowRuntime {
  return WorkflowRuntime.builder(queue, store, runStep, { onTermination })
    .maxConcurrentSteps(32)
    .memoPrefix("memo")
    .memoRetention(retentionMs)
    .outcomeRetention(retentionMs)
    .stepOutputReplay(true)
    .build();
}

/** Submits runs until `signal` is aborted, and cancels some of them. */
export async function submitRuns(
  queue: ObjectStoreQueue,
  runtime: WorkflowRuntime,
  life: string,
  signal: AbortSignal,
): Promise<void> {
  for (let count = 0; !signal.aborted; count++) {
    const runId = `${life}-${count}`;
    const kv = { [`submitted/${runId}`]: new Uint8Array() };
    const input = Buffer.from(runId);
    await runtime.submit({ runId, input, kv, maxAttemptsPerStep: MAX_ATTEMPTS });
    say("submitted", runId);
    if (isCancelled(runId) && (await runtime.cancel(runId))) say("cancelled", runId);
    await pause(queue, signal);
  }
}

/** Sends the runs what they wait for, until `signal` is aborted. */
export async function sendSignals(
  queue: ObjectStoreQueue,
  runtime: WorkflowRuntime,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { items } = await runtime.runs({ limit: 1_000 });
    for (const { waitingFor } of items) {
      if (waitingFor === undefined) continue;
      await runtime.signal(waitingFor, Buffer.from("signal"));
      say("signalled", waitingFor);
    }
    await pause(queue, signal);
  }
}
