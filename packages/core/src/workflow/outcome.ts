import type { Duration } from "../duration.ts";
import { toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import { checkCallOptions, checkId } from "../queue/checks.ts";
import type { Job } from "../queue/job.ts";
import type { CompletionOutcome } from "../queue/queue.ts";
import type { EndWatch } from "./endings.ts";
import { readKeptOutcome } from "./kept-outcome.ts";
import type { RunOutcome } from "./run.ts";
import { outcomeOf } from "./run-end.ts";
import { terminalJobId } from "./run-keys.ts";
import { type RunRecord, readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { decodeTerminalNote } from "./terminal-job.ts";
import { endingByDeath, notedOutcome } from "./terminal-worker.ts";

/** How long to wait for the end of a run. */
export interface OutcomeOptions {
  /** Default: as long as it takes. */
  readonly timeout?: Duration | undefined;
  /** Ends the waiting; the call rejects with `signal.reason` then. */
  readonly signal?: AbortSignal | undefined;
}

/** See {@link WorkflowRuntime.outcome}. */
export async function runOutcome(
  context: RuntimeContext,
  runId: string,
  options: OutcomeOptions,
): Promise<RunOutcome> {
  checkId(runId, "WF_INVALID_RUN_ID");
  checkCallOptions(options);
  const { timeout, signal } = options;
  const deadline =
    timeout === undefined ? undefined : context.queue.clock.now() + toMs(timeout, "timeout");
  signal?.throwIfAborted();
  const watch = context.endings.watch(runId);
  try {
    const first = await readRunRecord(context.queue.kv, runId);
    if (first === undefined) {
      return (await watch.ending) ?? (await readKeptOutcome(context, runId)) ?? notFound(runId);
    }
    return await awaitEnd(context, runId, first, watch, { deadline, signal });
  } finally {
    context.endings.unwatch(runId, watch);
  }
}

interface Patience {
  readonly deadline: number | undefined;
  readonly signal: AbortSignal | undefined;
}

async function awaitEnd(
  context: RuntimeContext,
  runId: string,
  first: RunRecord,
  watch: EndWatch,
  patience: Patience,
): Promise<RunOutcome> {
  let record = first;
  for (;;) {
    const stepEnd = await awaitStep(context, runId, record, watch, patience);
    const { ending } = watch;
    const ended = await ending;
    if (ended !== undefined) return ended;
    // That one failed, or was a failure to be retried; the next may be under way already.
    if (watch.ending === ending) watch.ending = undefined;
    const now = await readRunRecord(context.queue.kv, runId);
    if (now === undefined || isLaterRun(now, record)) {
      return (await pastOutcome(context, runId, record, stepEnd)) ?? notKept(runId);
    }
    const isOver = stepEnd !== undefined && stepEnd.status !== "timed_out";
    if (isOver && now.jobId === record.jobId) throw stepMissing(runId, record);
    record = now;
  }
}

/** Waits for the end of the step, or for an end of the run that is being committed, in this process. */
async function awaitStep(
  { queue }: RuntimeContext,
  runId: string,
  { jobId }: RunRecord,
  watch: EndWatch,
  { deadline, signal }: Patience,
): Promise<CompletionOutcome | undefined> {
  if (watch.ending !== undefined) return undefined;
  const remaining = deadline === undefined ? undefined : deadline - queue.clock.now();
  if (remaining !== undefined && remaining <= 0) throw timedOut(runId);
  signal?.throwIfAborted();
  const stopWaiting = new AbortController();
  const abort = () => stopWaiting.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const told = new Promise<undefined>((resolve) => watch.onEnding(() => resolve(undefined)));
  const waiting = queue.waitForCompletion(jobId, {
    timeout: remaining,
    signal: stopWaiting.signal,
  });
  // Left behind where the end was told first.
  waiting.catch(() => {});
  try {
    const ended = await Promise.race([waiting, told]);
    if (ended?.status === "timed_out") throw timedOut(runId);
    return ended;
  } finally {
    signal?.removeEventListener("abort", abort);
    stopWaiting.abort();
  }
}

/** A run that has the id since the end of the one that was waited for. */
function isLaterRun(now: RunRecord, before: RunRecord): boolean {
  return now.submittedAt !== before.submittedAt || now.step < before.step;
}

/** How the run of `last` ended, by what is kept of it. */
async function pastOutcome(
  context: RuntimeContext,
  runId: string,
  last: RunRecord,
  stepEnd: CompletionOutcome | undefined,
): Promise<RunOutcome | undefined> {
  const { inspect } = context.queue;
  const stepJob = stepEnd?.status === "completed" ? stepEnd.job : undefined;
  const terminalId = terminalJobId(last.jobId);
  const terminal = terminalId === undefined ? undefined : await inspect.getJob(terminalId);
  if (terminal !== undefined) {
    const note = decodeTerminalNote(terminal.id, terminal.payload);
    return await notedOutcome(context, terminal, runId, note);
  }
  const kept = await readKeptOutcome(context, runId);
  if (kept !== undefined && kept.terminatedAt >= last.submittedAt) return kept;
  return stepJob?.state === "dead" ? deadOutcome(runId, last, stepJob) : undefined;
}

function deadOutcome(runId: string, { step }: RunRecord, job: Job): RunOutcome {
  return outcomeOf(endingByDeath(job), job.headers, runId, step, job.failedAt ?? job.enqueuedAt);
}

function notFound(runId: string): never {
  throw new WfError(
    "WF_RUN_NOT_FOUND",
    `there is no run ${runId}: it was not submitted, or it has ended and its outcome is not kept; ` +
      `outcomeRetention says for how long outcomes are`,
  );
}

function notKept(runId: string): never {
  throw new WfError(
    "WF_OUTCOME_NOT_KEPT",
    `run ${runId} has ended, and nothing that says how is kept; set outcomeRetention`,
  );
}

function timedOut(runId: string): WfError {
  return new WfError(
    "WF_TIMED_OUT",
    `run ${runId} has not ended within the time given; it goes on`,
  );
}

function stepMissing(runId: string, { step, jobId }: RunRecord): WfError {
  return new WfError(
    "WF_JOB_NOT_FOUND",
    `step ${step} of run ${runId} has lost its job ${jobId}, so that the run cannot go on; cancel it`,
  );
}
