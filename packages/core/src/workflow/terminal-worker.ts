import { StoreError, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Job } from "../queue/job.ts";
import type { Claim } from "../queue/queue.ts";
import { deliverJob } from "../worker/deliver-job.ts";
import { keepingPuts, keptAt } from "./kept-outcome.ts";
import { END_UNKNOWN, encodeEnd } from "./last-end.ts";
import type { RunOutcome } from "./run.ts";
import { isObserved, outcomeOf } from "./run-end.ts";
import { lastEndKey, outcomeKey, readTerminalHeaders, signalWaitKey } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { encodeWaiter } from "./signal-state.ts";
import { StagedTerminalEffects } from "./staged-effects.ts";
import { decodeTerminalNote, type Ending, type TerminalNote } from "./terminal-job.ts";

type DeathNote = Extract<TerminalNote, { kind: "died" }>;

/** Tells of the end of a run: writes its marker, then runs the hook, then commits what the hook staged. */
export async function deliverTerminal(context: RuntimeContext, claim: Claim): Promise<void> {
  await deliverJob(context.queue, ({ job }) => notify(context, job), claim);
}

async function notify(context: RuntimeContext, job: Job): Promise<Effects> {
  const runId = readTerminalHeaders(job.headers);
  if (runId === undefined) {
    throw new StoreError("WF_DATA_CORRUPT", `terminal job ${job.id}: its headers name no run`);
  }
  const note = decodeTerminalNote(job.id, job.payload);
  const outcome = await notedOutcome(context, job, runId, note);
  if (note.kind === "died") await recordDeath(context, note, outcome);
  if (context.memoRetentionMs !== undefined) {
    await context.memos.writeTerminalMarker(runId, outcome.terminatedAt);
  }
  const effects = new StagedTerminalEffects();
  try {
    if (isObserved(context, outcome)) await context.hook.onTermination(outcome, effects);
  } finally {
    effects.seal();
  }
  return effects.collect();
}

/** The outcome that a terminal job tells of, the same each time. */
export async function notedOutcome(
  context: RuntimeContext,
  job: Job,
  runId: string,
  note: TerminalNote,
): Promise<RunOutcome> {
  if (note.kind === "ended") return outcomeOf(note.ending, job.headers, runId, note.step, note.at);
  const dead = await context.queue.inspect.getJob(note.stepJobId);
  // The job was enqueued by the death.
  return outcomeOf(endingByDeath(dead), job.headers, runId, note.step, job.enqueuedAt);
}

/** How the run of a step ended that died where nobody could tell how. */
export function endingByDeath(dead: Job | undefined): Ending {
  // A cancel that was answered with "requested" holds, though the step did not live to see it.
  if (dead?.cancelRequested) return { status: "cancelled", reason: undefined };
  return {
    status: "failed",
    error: dead?.lastError ?? "the step's job died; its error is not kept",
  };
}

/** Does what the commit of a death could not, because it was decided when the step was enqueued. */
async function recordDeath(
  context: RuntimeContext,
  { stepJobId: jobId, step, waitKey: key }: DeathNote,
  outcome: RunOutcome,
): Promise<void> {
  const { runId, terminatedAt } = outcome;
  const { kv } = context.queue;
  if (key !== undefined) {
    await kv.compareAndDelete(signalWaitKey(key), encodeWaiter({ key, runId, step, jobId }));
  }
  if (context.memoRetentionMs !== undefined) {
    await kv.compareAndPut(lastEndKey(runId), END_UNKNOWN, encodeEnd(terminatedAt));
  }
  if (context.outcomeRetentionMs !== undefined) await keepDeath(context, outcome, jobId);
}

async function keepDeath(
  context: RuntimeContext,
  outcome: RunOutcome,
  jobId: string,
): Promise<void> {
  const { queue } = context;
  const key = outcomeKey(outcome.runId);
  const put = await keepingPuts(context, outcome, jobId);
  for (;;) {
    const kept = await queue.kv.get(key);
    // The id was used again, and that run has ended too.
    if (kept !== undefined && keptAt(key, kept) >= outcome.terminatedAt) return;
    try {
      await queue.commit({ expect: { [key]: kept }, put });
      return;
    } catch (error) {
      if (!WfError.is(error, "WF_CONFLICT")) throw error;
    }
  }
}
