import { hash } from "node:crypto";
import { checkObject } from "../argument-checks.ts";
import { WfError } from "../errors.ts";
import {
  checkBytes,
  checkId,
  checkInteger,
  checkKvKey,
  checkKvValue,
  MAX_ATTEMPTS,
  MAX_PRIORITY,
} from "../queue/checks.ts";
import type { RunSpec, Submission } from "./run.ts";
import {
  cancelKey,
  checkNoReservedHeader,
  checkNotReserved,
  runRecordKey,
  sweepKey,
} from "./run-keys.ts";
import { encodeRunRecord, readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { stepRequest } from "./step-job.ts";
import { isUnderWay } from "./sweep-guard.ts";

/** Runs of one id that may start and end around one submission before it gives up. */
const MAX_TRIES = 100;

/** See {@link WorkflowRuntime.submit}. */
export async function submitRun(context: RuntimeContext, spec: RunSpec): Promise<Submission> {
  checkSpec(spec);
  const { queue } = context;
  const runId = spec.runId ?? queue.nextJobId();
  const inputSha256 = hash("sha256", spec.input);
  let conflict: unknown;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      await start(context, spec, runId, inputSha256);
      return { runId, newlySubmitted: true };
    } catch (error) {
      if (!WfError.is(error, "WF_CONFLICT")) throw error;
      conflict = error;
    }
    const active = await readRunRecord(queue.kv, runId);
    if (active?.inputSha256 === inputSha256) return { runId, newlySubmitted: false };
    if (active !== undefined) throw mismatch(runId, inputSha256, active.inputSha256);
    await sweepEnded(context, runId);
  }
  throw conflict;
}

const SWEEP_POLL_MS = 50;

/** Waits while the memo of an ended run of this id is removed, lest the new one lose what it writes. */
async function sweepEnded({ queue, clock }: RuntimeContext, runId: string): Promise<void> {
  const guardKey = sweepKey(runId);
  for (;;) {
    const guard = await queue.kv.get(guardKey);
    if (guard === undefined) return;
    // Left behind by a process that was killed.
    if (!isUnderWay(guard, clock.now())) await queue.kv.compareAndDelete(guardKey, guard);
    else await clock.sleep(SWEEP_POLL_MS);
  }
}

async function start(
  context: RuntimeContext,
  spec: RunSpec,
  runId: string,
  inputSha256: string,
): Promise<void> {
  const jobId = context.queue.nextJobId();
  const from = {
    queue: context.queueName,
    headers: spec.headers ?? {},
    priority: spec.priority,
    maxAttempts: spec.maxAttemptsPerStep,
  };
  const submittedAt = context.clock.now();
  const record = { submittedAt, inputSha256, step: 0, jobId };
  const recordKey = runRecordKey(runId);
  await context.queue.commit({
    expect: { [recordKey]: undefined, [sweepKey(runId)]: undefined },
    enqueue: [stepRequest(context, from, runId, record, spec.input)],
    put: { ...spec.kv, [recordKey]: encodeRunRecord(record) },
    // One that came when the run before had just ended is not for this run.
    delete: [cancelKey(runId)],
  });
}

function checkSpec(spec: RunSpec): void {
  checkObject(spec, "spec");
  if (spec.runId !== undefined) checkId(spec.runId, "WF_INVALID_RUN_ID");
  checkBytes(spec.input, "input");
  if (spec.headers !== undefined) {
    checkObject(spec.headers, "headers");
    checkNoReservedHeader(spec.headers);
  }
  if (spec.priority !== undefined) checkInteger(spec.priority, "priority", 0, MAX_PRIORITY);
  if (spec.maxAttemptsPerStep !== undefined) {
    checkInteger(spec.maxAttemptsPerStep, "maxAttemptsPerStep", 1, MAX_ATTEMPTS);
  }
  if (spec.kv !== undefined) checkObject(spec.kv, "kv");
  for (const [key, value] of Object.entries(spec.kv ?? {})) {
    checkKvKey(key);
    checkNotReserved(key);
    checkKvValue(key, value);
  }
}

function mismatch(runId: string, given: string, active: string): WfError {
  return new WfError(
    "WF_INPUT_MISMATCH",
    `run ${runId} is active with another input: its SHA-256 is ${active.slice(0, 12)}… and that of the ` +
      `given one ${given.slice(0, 12)}…; choose another run id, or wait for the end of that run`,
  );
}
