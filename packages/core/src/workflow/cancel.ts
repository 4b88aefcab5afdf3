import { WfError } from "../errors.ts";
import { checkId } from "../queue/checks.ts";
import type { Effects } from "../queue/effects.ts";
import { equalBytes } from "../store/create-object.ts";
import { endRun } from "./run-end.ts";
import { cancelKey, runRecordKey } from "./run-keys.ts";
import { encodeRunRecord, type RunRecord, readRunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { registrationEnd, waiterOf } from "./signal-wait.ts";

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
    if (mark === undefined) continue;
    const record = await readRunRecord(kv, runId);
    const found = await kv.get(markKey);
    if (record === undefined) {
      // The end of a run takes the mark with it, unless it was decided before there was one.
      const missed = found !== undefined && equalBytes(found, mark);
      // May have gone meanwhile: the next run of the id removes it as well.
      if (missed) await kv.compareAndDelete(markKey, mark);
      return promised || !missed;
    }
    if (found === undefined) continue;
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
 * The mark itself expects nothing of the run, so it overtakes one however fast that moves. Cancels at the same
 * time share one: of two marks, the second would hide from the first whether that was in time.
 */
async function putMark(
  { queue }: RuntimeContext,
  markKey: string,
): Promise<Uint8Array | undefined> {
  // Unique, so that no later one is taken for it.
  const mark = Buffer.from(queue.nextJobId());
  const isPut = await queue.kv.compareAndPut(markKey, undefined, mark);
  return isPut ? mark : await queue.kv.get(markKey);
}

/** Ends a marked run whose step is not running, else tells the step. False where `record` has changed. */
async function stopStep(
  context: RuntimeContext,
  runId: string,
  record: RunRecord,
): Promise<boolean> {
  const { queue } = context;
  const job = await queue.inspect.getJob(record.jobId);
  const from = job ?? { queue: context.queueName, headers: {} };
  const ending = { status: "cancelled", reason: undefined } as const;
  const { outcome, effects } = await endRun(context, from, runId, record, ending);
  const waiter = waiterOf(runId, record);
  const wait = waiter && (await registrationEnd(context, waiter));
  const ended = withWait(effects, wait);
  let answer: Awaited<ReturnType<typeof queue.cancel>> | undefined;
  const isStopped = await unlessConflict(() =>
    context.endings.commit(outcome, async () => {
      answer = await queue.cancel(record.jobId, ended);
      return answer === "removed";
    }),
  );
  // A signal, or the end of the wait, came between.
  if (!isStopped) return false;
  if (answer !== "not_found") return true;
  // With the record unchanged, the job was removed by other means and nothing else would end the run.
  const expect = { ...ended.expect, [runRecordKey(runId)]: encodeRunRecord(record) };
  return await unlessConflict(() =>
    context.endings.commit(outcome, async () => {
      await queue.commit({ ...ended, expect });
      return true;
    }),
  );
}

function withWait(effects: Effects, wait: Pick<Effects, "expect" | "delete"> | undefined): Effects {
  if (wait === undefined) return effects;
  const deletes = [...(effects.delete ?? []), ...(wait.delete ?? [])];
  return { ...effects, expect: wait.expect, delete: deletes };
}

async function unlessConflict(commit: () => Promise<void>): Promise<boolean> {
  try {
    await commit();
    return true;
  } catch (error) {
    if (WfError.is(error, "WF_CONFLICT")) return false;
    throw error;
  }
}
