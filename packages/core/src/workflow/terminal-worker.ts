import { StoreError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Job } from "../queue/job.ts";
import type { Claim } from "../queue/queue.ts";
import { deliverJob } from "../worker/deliver-job.ts";
import type { RunOutcome } from "./run.ts";
import { isObserved, outcomeOf } from "./run-end.ts";
import { readTerminalHeaders } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { StagedTerminalEffects } from "./staged-effects.ts";
import { decodeTerminalNote, type Ending } from "./terminal-job.ts";

/** Tells of the end of a run: writes its marker, then runs the hook, then commits what the hook staged. */
export async function deliverTerminal(context: RuntimeContext, claim: Claim): Promise<void> {
  await deliverJob(context.queue, ({ job }) => notify(context, job), claim);
}

async function notify(context: RuntimeContext, job: Job): Promise<Effects> {
  const outcome = await committedOutcome(context, job);
  if (context.memoRetentionMs !== undefined) {
    await context.memos.writeTerminalMarker(outcome.runId, outcome.terminatedAt);
  }
  const effects = new StagedTerminalEffects();
  try {
    if (isObserved(context, outcome)) await context.hook.onTermination(outcome, effects);
  } finally {
    effects.seal();
  }
  return effects.collect();
}

async function committedOutcome(context: RuntimeContext, job: Job): Promise<RunOutcome> {
  const runId = readTerminalHeaders(job.headers);
  if (runId === undefined) {
    throw new StoreError("WF_DATA_CORRUPT", `terminal job ${job.id}: its headers name no run`);
  }
  const note = decodeTerminalNote(job.id, job.payload);
  if (note.kind === "ended") return outcomeOf(note.ending, job.headers, runId, note.step, note.at);
  const ending = await endingByDeath(context, note.stepJobId);
  return outcomeOf(ending, job.headers, runId, note.step, context.clock.now());
}

async function endingByDeath(context: RuntimeContext, stepJobId: string): Promise<Ending> {
  const dead = await context.queue.inspect.getJob(stepJobId);
  // A cancel that was answered with "requested" holds, though the step did not live to see it.
  if (dead?.cancelRequested) return { status: "cancelled", reason: undefined };
  return {
    status: "failed",
    error: dead?.lastError ?? "the step's job died; its error is not kept",
  };
}
