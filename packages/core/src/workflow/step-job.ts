import type { EnqueueRequest } from "../queue/effects.ts";
import { deathEffects } from "./run-end.ts";
import { stepHeaders } from "./run-keys.ts";
import type { RunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import type { StepJob } from "./terminal-job.ts";

/** The job of the step that `record` names, with what it inherits from the submission or the step before. */
export function stepRequest(
  context: RuntimeContext,
  from: StepJob,
  runId: string,
  record: RunRecord,
  payload: Uint8Array,
  runAt?: number,
): EnqueueRequest {
  return {
    id: record.jobId,
    queue: from.queue,
    payload,
    headers: stepHeaders(from.headers, runId, record.step),
    priority: from.priority,
    maxAttempts: from.maxAttempts,
    runAt,
    onDead: deathEffects(context, from, runId, record),
  };
}
