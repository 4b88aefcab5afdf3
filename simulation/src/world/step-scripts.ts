import { type Step, StepError, StepOutcome } from "@wf/core";
import type { Program, StepScript } from "../plan/plan.ts";
import { decodePayload, encodePayload } from "./job-payload.ts";
import type { Invocation } from "./journal.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** The KV key that an invocation stages, so that it shows which one was committed. */
export const STAGED_PREFIX = "done-by/";

/** What is in the payload of a step. */
export interface StepPayload {
  readonly program: Program;
  /** Of the program. */
  readonly index: number;
  /** The invocation that made it; undefined for the input of a run. */
  readonly by: number | undefined;
}

/** What the runner returned, in words that can be compared. */
export type Returned = StepScript["end"] & {
  /** The payload of the next step, or the result. */
  readonly payload: Uint8Array | undefined;
  readonly reason: string | undefined;
  readonly at: number;
};

/** What an invocation found in its memo, or put there. */
export interface Remembered {
  readonly key: string;
  readonly value: string;
  readonly tick: number;
}

export function inputOf(program: Program): Uint8Array {
  const payload: StepPayload = { program, index: 0, by: undefined };
  return encodePayload(payload, program.bytes);
}

/** Runs the steps of a process as their programs say, and writes down what they see. */
export function stepRunner(world: World, process: Process): (step: Step) => Promise<StepOutcome> {
  return async (step) => {
    const { program, index } = decodePayload<StepPayload>(step.payload);
    const script = program.steps[index] as StepScript;
    const remembered: Remembered[] = [];
    const invocation = world.journal.invocation("step", process, step.jobId, {
      runId: step.runId,
      step: step.stepNumber,
      attempts: step.attempts,
      payload: step.payload,
      signal: step.signal,
      headers: step.headers,
      remembered,
    });
    step.effects.put(STAGED_PREFIX + invocation.number, Buffer.from(step.jobId));
    if (script.memo) {
      for (const key of ["m1", "m2"]) {
        const mine = `${step.runId}|${step.stepNumber}|${key}|${invocation.number}`;
        const value = await step.memo.remember(key, () => mine);
        remembered.push({ key, value, tick: world.now().tick });
      }
      await step.memo.contentPut({ step: step.stepNumber }, Buffer.from(`${invocation.number}`));
    }
    if (script.ms > 0) await process.clock.sleep(script.ms);
    if (process.isDead) await process.running();
    if (step.attempts <= script.failures) {
      throw StepError.transient(`failure of invocation ${invocation.number}`, { retryAfter: 10 });
    }
    if (script.end.kind === "permanent") {
      throw StepError.permanent(`permanent failure of invocation ${invocation.number}`);
    }
    return outcomeOf(script.end, program, index, invocation, process);
  };
}

function outcomeOf(
  end: StepScript["end"],
  program: Program,
  index: number,
  invocation: Invocation,
  process: Process,
): StepOutcome {
  const next: StepPayload = { program, index: index + 1, by: invocation.number };
  const isLast = index === program.steps.length - 1;
  const result = Buffer.from(
    `result of invocation ${invocation.number}`.padEnd(program.bytes, "."),
  );
  const payload = isLast ? result : encodePayload(next, program.bytes);
  const reason = `reason of invocation ${invocation.number}`;
  const returned: Returned = { ...end, payload, reason, at: process.clock.now() };
  invocation.returned = returned;
  switch (end.kind) {
    case "next":
      return StepOutcome.continueNow(payload);
    case "delay":
      return StepOutcome.continueAfter(payload, end.ms);
    case "wait":
      return StepOutcome.continueOnSignal(payload, end.key, end.ms);
    case "succeed":
      return StepOutcome.succeed(payload);
    case "fail":
      return StepOutcome.fail(reason);
    default:
      return StepOutcome.cancel(reason);
  }
}
