import { WfError } from "../errors.ts";
import { checkId } from "../queue/checks.ts";
import type { Effects } from "../queue/effects.ts";
import type { Job } from "../queue/job.ts";
import { endEffects } from "./run-end.ts";
import { cancelKey, runRecordKey } from "./run-keys.ts";
import { encodeRunRecord, type RunRecord, readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";

/** Runs of one id that may start and end around one cancel before it gives up. */
const MAX_TRIES = 100;

/** See {@link WorkflowRuntime.cancel}. */
export async function cancelRun(context: RuntimeContext, runId: string): Promise<boolean> {
  checkId(runId, "WF_INVALID_RUN_ID");
  const { kv } = context.queue;
  const markKey = cancelKey(runId);
  let promised = false;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if ((await readRunRecord(kv, runId)) === undefined) return promised;
    const mark = await putMark(context, markKey);
    const record = await readRunRecord(kv, runId);
    const marked = (await kv.get(markKey)) !== undefined;
    if (record === undefined) {
      // The end of a run takes the mark with it, unless it was decided before there was one.
      const missed = marked && (await kv.compareAndDelete(markKey, mark));
      return promised || !missed;
    }
    if (!marked) continue;
    if (await stopStep(context, runId, record)) return true;
    promised = true;
  }
  throw new WfError(
    "WF_CONFLICT",
    `run ${runId} ended and started ${MAX_TRIES} times while it was to be cancelled; try again`,
  );
}

/**
 * From here on no step ends the run or moves it on, since every such commit expects that there is no mark.
 * The mark itself expects nothing, so it overtakes a run however fast that moves.
 */
async function putMark({ queue }: RuntimeContext, markKey: string): Promise<Uint8Array> {
  // Unique, so that nobody else's is taken for it.
  const mark = Buffer.from(queue.nextJobId());
  await queue.kv.put(markKey, mark);
  return mark;
}

/** Ends a marked run whose step is not running, else tells the step. False where `record` has changed. */
async function stopStep(
  context: RuntimeContext,
  runId: string,
  record: RunRecord,
): Promise<boolean> {
  const job = await context.queue.inspect.getJob(record.jobId);
  const ended = endedEffects(context, runId, record, job);
  if ((await context.queue.cancel(record.jobId, ended)) !== "not_found") return true;
  // With the record unchanged, the job was removed by other means and nothing else would end the run.
  const unchanged = { [runRecordKey(runId)]: encodeRunRecord(record) };
  return await commitUnlessChanged(context, { ...ended, expect: unchanged });
}

function endedEffects(
  context: RuntimeContext,
  runId: string,
  record: RunRecord,
  job: Job | undefined,
): Effects {
  const from = job ?? { queue: context.queueName, headers: {} };
  const ending = { status: "cancelled", reason: undefined } as const;
  return endEffects(context, from, runId, record.step, ending);
}

async function commitUnlessChanged(context: RuntimeContext, effects: Effects): Promise<boolean> {
  try {
    await context.queue.commit(effects);
    return true;
  } catch (error) {
    if (WfError.is(error, "WF_CONFLICT")) return false;
    throw error;
  }
}
