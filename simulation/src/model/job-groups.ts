import type { Claim } from "@wf/core";
import type { OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Call } from "../world/journal.ts";
import { callOfError, tagged } from "../world/recording-queue.ts";
import type { GroupScope, OpOf } from "./group-scope.ts";
import { imageOf } from "./job-image.ts";
import { matchEffects } from "./match-effects.ts";
import type { ModelJob } from "./model-state.ts";
import type { OpCursor } from "./op-cursor.ts";
import { require } from "./violation.ts";

/** Queues whose done jobs are kept, where the settings say so. */
const KEEPING_QUEUES: ReadonlySet<string> = new Set(["a", "worked"]);

export function matchClaim(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.claim>,
): Call | undefined {
  cursor.position++;
  scope.isEarly = true;
  const job = scope.job(cursor, op);
  require(scope.state.waitsIn(job), () =>
    `${cursor.place}: ${job.id} is claimed while ${job.state}`);
  require(job.dueAt === undefined || job.dueAt <= op.at, () =>
    `${cursor.place}: job ${job.id} is claimed at ${op.at}, before it is due at ${job.dueAt}`);
  job.state = "claimed";
  job.attempts++;
  job.claimedAt = op.at;
  job.dedupKey = undefined;
  job.dueAt = undefined;
  const claimed = scope.claims.find(cursor.slot, job, op.at);
  job.claim = claimed?.claim;
  if (claimed === undefined) return undefined;
  const shown = imageOf(claimed.claim.job);
  require(shown === imageOf(job), () =>
    `${cursor.place}: the claim of job ${job.id} shows ${shown} instead of ${imageOf(job)}`);
  scope.claims.checkOrder(job, claimed.call);
  return claimed.call;
}

/** A job given back, by the end of its lease or by an opening. */
export function matchRelease(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.release>,
): undefined {
  cursor.position++;
  scope.isEarly = true;
  const job = scope.claimedJob(cursor, op);
  require(job.attempts < job.maxAttempts, () =>
    `${cursor.place}: job ${job.id} is given back with no attempts left`);
  checkLeaseEnd(cursor, job, op.at, op.reason === "lease_expired");
  scope.state.remember(job, op.at, op.reason);
  makeWait(scope, job, undefined);
}

export function matchDone(scope: GroupScope, cursor: OpCursor, op: OpOf<typeof OpTag.done>): Call {
  cursor.position++;
  const job = scope.claimedJob(cursor, op);
  const call = scope.settling(cursor, ["ack"], op.id);
  checkClaim(cursor, job, call.args[0]);
  const { doneRetention } = scope.settings;
  const keeps = doneRetention !== undefined && KEEPING_QUEUES.has(job.queue);
  require(op.keep === keeps, () => `${cursor.place}: job ${job.id} is kept: ${op.keep}`);
  // Effects are decided while the job is still there: nothing of them may take its place.
  const effects = call.args[1] && tagged(call.args[1], call.number);
  scope.expectAnswer(call, matchEffects(scope.matching, cursor, effects));
  scope.state.countDone(job.queue);
  if (keeps) {
    scope.state.remember(job, op.at, "completed");
    job.state = "done";
    job.completedAt = op.at;
    job.claim = undefined;
  } else {
    scope.state.jobs.delete(job.id);
  }
  return call;
}

export function matchRetry(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.retry>,
): Call {
  cursor.position++;
  const job = scope.claimedJob(cursor, op);
  const call = scope.numbered(cursor, callOfError(op.error) ?? 0, ["nack"]);
  checkClaim(cursor, job, call.args[0]);
  require(job.attempts < job.maxAttempts, () =>
    `${cursor.place}: job ${job.id} is retried with no attempts left`);
  const wait = op.runAt - op.at;
  const { retryAfter } = call.args[2];
  const { baseMs, capMs, jitter } = job.backoff;
  const most = Math.min(baseMs * 2 ** (job.attempts - 1), capMs);
  const least = jitter === "none" ? most : 0;
  const isRight = retryAfter === undefined ? wait >= least && wait <= most : wait === retryAfter;
  require(isRight, () => `${cursor.place}: job ${job.id} is retried after ${wait} ms`);
  scope.state.remember(job, op.at, "retried", op.error);
  job.lastError = op.error;
  if (op.runAt > op.at) job.runAt = op.runAt;
  makeWait(scope, job, op.runAt > op.at ? op.runAt : undefined);
  scope.expectAnswer(call, "retried");
  return call;
}

/** A death, by a call, or with no attempts left at the end of a lease or at an opening. */
export function matchDead(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.dead>,
): Call | undefined {
  cursor.position++;
  const job = scope.claimedJob(cursor, op);
  const number = callOfError(op.error);
  const call =
    number === undefined ? undefined : scope.numbered(cursor, number, ["nack", "deadLetter"]);
  if (call !== undefined) checkClaim(cursor, job, call.args[0]);
  else checkOwnDeath(cursor, job, op);
  require(call?.method === "deadLetter" || job.attempts >= job.maxAttempts, () =>
    `${cursor.place}: job ${job.id} is dead with attempts left`);
  scope.state.remember(job, op.at, "dead_lettered", op.error);
  job.state = "dead";
  job.lastError = op.error;
  job.failedAt = op.at;
  job.claim = undefined;
  const given = call?.method === "nack" ? call.args[2].onDead : call?.args[2];
  const isOwn = given === undefined;
  const effects = isOwn ? job.onDead : tagged(given, call?.number as number);
  matchEffects(scope.matching, cursor, effects, { takenId: isOwn ? "skip" : "refuse" });
  if (call?.method === "nack") scope.expectAnswer(call, "dead");
  return call;
}

/** The removal of a job that waits, by a cancel, or of one whose time to be kept is over. */
export function matchRemove(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.remove>,
): Call | undefined {
  cursor.position++;
  const job = scope.job(cursor, op);
  if (job.state === "done" || job.state === "dead") {
    checkSwept(scope, cursor, job);
    scope.state.jobs.delete(job.id);
    return undefined;
  }
  require(scope.state.waitsIn(job), () =>
    `${cursor.place}: ${job.id} is removed while ${job.state}`);
  const call = scope.settling(cursor, ["cancel"], op.id);
  scope.state.jobs.delete(job.id);
  const effects = call.args[1] && tagged(call.args[1], call.number);
  matchEffects(scope.matching, cursor, effects);
  scope.expectAnswer(call, "removed");
  return call;
}

export function matchCancelRequest(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.requestCancel>,
): Call {
  cursor.position++;
  const job = scope.job(cursor, op);
  const call = scope.asked(cursor, op, ["cancel"], op.id);
  require(!job.cancelRequested, () => `${cursor.place}: ${job.id} is asked to stop a second time`);
  job.cancelRequested = true;
  scope.expectAnswer(call, "requested");
  return call;
}

export function matchRequeue(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.requeue>,
): Call {
  cursor.position++;
  const job = scope.job(cursor, op);
  const call = scope.asked(cursor, op, ["requeueDead"], op.id);
  require(job.state === "dead", () => `${cursor.place}: ${job.id} is requeued while ${job.state}`);
  scope.state.remember(job, op.at, "requeued");
  job.attempts = 0;
  job.lastError = undefined;
  job.failedAt = undefined;
  job.cancelRequested = false;
  makeWait(scope, job, undefined);
  return call;
}

function makeWait(scope: GroupScope, job: ModelJob, dueAt: number | undefined): void {
  job.state = "pending";
  job.claim = undefined;
  job.dueAt = dueAt;
  job.waitsSince = scope.groups.length;
}

/** A settlement is by the claim that is open, and by nobody whose lease was lost. */
function checkClaim(cursor: OpCursor, job: ModelJob, claim: Claim): void {
  require(job.claim === claim, () =>
    `${cursor.place}: job ${job.id} is settled by claim ${claim.token}, and is ` +
    `claimed by ${job.claim?.token ?? "an unknown one"}`);
}

function checkLeaseEnd(cursor: OpCursor, job: ModelJob, at: number, isExpired: boolean): void {
  if (!isExpired || job.claim === undefined) return;
  const { leaseExpiresAt } = job.claim;
  require(leaseExpiresAt <= at, () =>
    `${cursor.place}: job ${job.id} is taken back at ${at}, and its lease lasts to ${leaseExpiresAt}`);
}

function checkOwnDeath(cursor: OpCursor, job: ModelJob, op: OpOf<typeof OpTag.dead>): void {
  const isExpired = op.error === "lease expired";
  require(isExpired || op.error === "claim interrupted by process exit", () =>
    `${cursor.place}: job ${job.id} died of ${op.error}`);
  checkLeaseEnd(cursor, job, op.at, isExpired);
}

function checkSwept(scope: GroupScope, cursor: OpCursor, job: ModelJob): void {
  const { doneRetention, deadRetention } = scope.settings;
  const [endedAt, kept] =
    job.state === "done" ? [job.completedAt, doneRetention] : [job.failedAt, deadRetention];
  const isOver = (endedAt as number) + (kept as number) < cursor.slot.landed.at;
  require(isOver, () => `${cursor.place}: job ${job.id} is swept before its time`);
}
