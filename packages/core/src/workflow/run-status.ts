import { checkId } from "../queue/checks.ts";
import type { Job } from "../queue/job.ts";
import type { Page, PageOptions } from "../queue/page.ts";
import type { RunStatus } from "./run.ts";
import { RUN_RECORDS_PREFIX } from "./run-keys.ts";
import { decodeRunRecord, type RunRecord, readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";

/** Steps that a run may take while its status is read. */
const MAX_TRIES = 10;

const NOT_WAITING = { runAt: undefined, waitingFor: undefined } as const;

/** See {@link WorkflowRuntime.status}. */
export async function runStatus(
  context: RuntimeContext,
  runId: string,
): Promise<RunStatus | undefined> {
  checkId(runId, "WF_INVALID_RUN_ID");
  const { queue } = context;
  let record: RunRecord | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    record = await readRunRecord(queue.kv, runId);
    if (record === undefined) return undefined;
    const status = statusOf(runId, record, await queue.inspect.getJob(record.jobId));
    if (status !== undefined) return status;
  }
  // Its job was removed by other means than the runtime; `cancel` ends such a run.
  return record && { ...placeOf(runId, record), state: "pending", attempts: 0, ...NOT_WAITING };
}

/** See {@link WorkflowRuntime.runs}. */
export async function listRuns(
  context: RuntimeContext,
  page: PageOptions | undefined,
): Promise<Page<RunStatus>> {
  const { queue } = context;
  const records = await queue.kv.scan(RUN_RECORDS_PREFIX, page);
  const statuses = await Promise.all(
    records.items.map(async ({ key, value }) => {
      const runId = key.slice(RUN_RECORDS_PREFIX.length);
      const record = decodeRunRecord(key, value);
      const job = await queue.inspect.getJob(record.jobId);
      return statusOf(runId, record, job) ?? (await runStatus(context, runId));
    }),
  );
  return { items: statuses.filter((status) => status !== undefined), next: records.next };
}

/** Undefined where the job is not, or no longer, that of an active step. */
function statusOf(runId: string, record: RunRecord, job: Job | undefined): RunStatus | undefined {
  const state = job && stateOf(job);
  if (state === undefined) return undefined;
  const wait =
    state === "waiting" ? { runAt: job?.runAt, waitingFor: awaitedKey(record, job) } : NOT_WAITING;
  return { ...placeOf(runId, record), state, attempts: job?.attempts ?? 0, ...wait };
}

/** A step that has been tried before waits for its next attempt. */
function awaitedKey({ waitKey }: RunRecord, job: Job | undefined): string | undefined {
  return job?.attempts === 0 ? waitKey : undefined;
}

function placeOf(runId: string, { step, submittedAt }: RunRecord) {
  return { runId, currentStep: step, submittedAt };
}

function stateOf({ state, cancelRequested }: Job): RunStatus["state"] | undefined {
  if (state === "done" || state === "dead") return undefined;
  if (cancelRequested) return "cancelling";
  if (state === "claimed") return "running";
  return state === "scheduled" ? "waiting" : "pending";
}
