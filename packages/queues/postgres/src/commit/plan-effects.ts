import {
  type CommitResult,
  ConflictError,
  type EnqueueResult,
  type WakeResult,
  WfError,
} from "@wf/core";
import { SCHEDULED } from "../layout/migrations.ts";
import type { Change } from "./change.ts";
import { dedupPlace, type JobRow, type Picture } from "./picture.ts";
import type { Entry, NewJob, PreparedEffects } from "./prepared-effects.ts";

export interface Plan {
  readonly changes: readonly Change[];
  readonly result: CommitResult;
}

export interface PlanOptions {
  /**
   * Where the id of an enqueue is in use: refuse the commit (default), or skip the enqueue, as at a job's
   * death, which nothing can refuse.
   */
  readonly takenId?: "refuse" | "skip";
  /** A job that the commit removes before anything else, and its id and dedup key with it. */
  readonly removing?: JobRow;
}

/**
 * Decides effects against a picture: the changes that carry them out, and the answer.
 *
 * @throws WF_CONFLICT, WF_DUPLICATE_JOB_ID
 */
export function planEffects(
  picture: Picture,
  effects: PreparedEffects,
  options: PlanOptions = {},
): Plan {
  checkExpectations(picture, effects);
  const changes: Change[] = [];
  const enqueued = planEnqueues(picture, effects.enqueue, options, changes);
  const woken = planWakes(picture, effects, options, changes);
  planPuts(effects.put, changes);
  for (const key of effects.delete) changes.push({ kind: "delete", key });
  return { changes, result: { enqueued, woken } };
}

function checkExpectations(picture: Picture, { expect }: PreparedEffects): void {
  for (const [key, expected] of expect) {
    const actual = picture.kv(key);
    const holds =
      expected === undefined || actual === undefined
        ? expected === actual
        : Buffer.compare(expected, actual) === 0;
    if (holds) continue;
    throw new ConflictError(
      `KV key ${JSON.stringify(key)} ${actual === undefined ? "is absent" : "holds another value"}, ` +
        `against what the commit expects; nothing was applied`,
      { key },
    );
  }
}

function planEnqueues(
  picture: Picture,
  jobs: readonly NewJob[],
  { takenId = "refuse", removing }: PlanOptions,
  changes: Change[],
): EnqueueResult[] {
  // Enqueues of this same commit, which the picture does not show yet.
  const several = jobs.length > 1;
  const ids = several ? new Set<string>() : undefined;
  const dedup = several ? new Map<string, string>() : undefined;
  return jobs.map((job) => {
    const { id, queue, dedupKey } = job;
    if (dedupKey !== undefined) {
      const holder = picture.holderOf(queue, dedupKey);
      const freed = removing !== undefined && holder === removing.id;
      const held = (freed ? undefined : holder) ?? dedup?.get(dedupPlace(queue, dedupKey));
      if (held !== undefined) return { id: held, isNew: false };
    }
    if (job.hasOwnId && ((picture.isUsed(id) && id !== removing?.id) || ids?.has(id))) {
      if (takenId === "skip") return { id, isNew: false };
      throw new WfError(
        "WF_DUPLICATE_JOB_ID",
        `job id ${id} is in use by a job that is still kept; nothing was applied`,
      );
    }
    ids?.add(id);
    if (dedupKey !== undefined) dedup?.set(dedupPlace(queue, dedupKey), id);
    changes.push({ kind: "insert", job });
    planPuts(job.kv, changes);
    return { id, isNew: true };
  });
}

function planWakes(
  picture: Picture,
  effects: PreparedEffects,
  { removing }: PlanOptions,
  changes: Change[],
): WakeResult[] {
  const woken = new Set<string>();
  return effects.wake.map(({ jobId, payload }) => {
    const job = picture.jobs.get(jobId);
    if (job === undefined) return picture.finished.has(jobId) ? "not_scheduled" : "not_found";
    if (jobId === removing?.id) return "not_found";
    if (job.state !== SCHEDULED || job.isDue || woken.has(jobId)) return "not_scheduled";
    woken.add(jobId);
    changes.push({ kind: "wake", id: jobId, queue: job.queue, payload });
    return "woken";
  });
}

function planPuts(entries: readonly Entry[], changes: Change[]): void {
  for (const [key, value] of entries) changes.push({ kind: "put", key, value });
}
