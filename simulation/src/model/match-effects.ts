import type { CommitResult, Effects, EnqueueRequest, EnqueueResult, WakeResult } from "@wf/core";
import { OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { JobRecord } from "../../../packages/queues/object-store/src/state/job-record.ts";
import type { Settings } from "../plan/plan.ts";
import { QUEUE_PREFIX, QUEUES, STEP_QUEUE, WORKED_QUEUE } from "../plan/plan.ts";
import type { Archive } from "../world/archive.ts";
import { CALL_TAG } from "../world/recording-queue.ts";
import type { ModelJob, ModelState } from "./model-state.ts";
import type { OpCursor } from "./op-cursor.ts";
import { require, violated } from "./violation.ts";

export const DEFAULT_PRIORITY = 1_000;
const BACKOFF_CAP_MS = 2_000;

/** Told of what changes, so that it can be looked up later what was when. */
export interface ChangeWatch {
  job(id: string): void;
  key(name: string): void;
}

export interface MatchContext {
  readonly state: ModelState;
  readonly settings: Settings;
  readonly archive: Archive;
  readonly changes: ChangeWatch;
  /** The number of the group at hand. */
  readonly group: number;
}

export interface MatchOptions {
  /** A job that the commit removes first. */
  readonly removing?: ModelJob | undefined;
  /** What becomes of an id that is taken: the commit is refused, or, at a death, the job is left out. */
  readonly takenId?: "refuse" | "skip" | undefined;
  /** The header that marks a commit of enqueues alone. */
  readonly tag?: string | undefined;
}

/**
 * Decides effects anew, by the contract, on the state as it is at this place of the history, and finds in the log just
 * what that comes to: nothing is missing, nothing is too much, nothing is different.
 */
export function matchEffects(
  context: MatchContext,
  cursor: OpCursor,
  effects: Effects | undefined,
  options: MatchOptions = {},
): CommitResult {
  if (effects === undefined) return { enqueued: [], woken: [] };
  checkExpectations(context.state, cursor, effects);
  const enqueued = (effects.enqueue ?? []).map((request) =>
    matchEnqueue(context, cursor, request, options),
  );
  // What a commit itself enqueues is not there yet for what it wakes.
  const added = new Set(enqueued.flatMap(({ id, isNew }) => (isNew ? [id] : [])));
  const woken = (effects.wake ?? []).map(({ jobId, payload }) =>
    added.has(jobId) ? "not_found" : matchWake(context, cursor, jobId, payload, options.removing),
  );
  matchPuts(context, cursor, effects.put);
  for (const key of effects.delete ?? []) {
    const op = cursor.take(OpTag.delete, () => `the delete of key ${key}`);
    require(op.key === key, () => `${cursor.place}: key ${op.key} is deleted instead of ${key}`);
    context.state.kv.delete(key);
    context.changes.key(key);
  }
  return { enqueued, woken };
}

function checkExpectations(state: ModelState, cursor: OpCursor, effects: Effects): void {
  for (const [key, expected] of Object.entries(effects.expect ?? {})) {
    require(sameBytes(state.kv.get(key), expected), () =>
      `${cursor.place}: a commit was applied although key ${key} was not as it expects`);
  }
}

function matchPuts({ state, changes }: MatchContext, cursor: OpCursor, puts: Effects["put"]): void {
  for (const [key, value] of Object.entries(puts ?? {})) {
    const op = cursor.take(OpTag.put, () => `the put of key ${key}`);
    require(op.key === key && sameBytes(op.value, value), () =>
      `${cursor.place}: the put of key ${op.key} is not what was asked for with key ${key}`);
    state.kv.set(key, value);
    changes.key(key);
  }
}

function matchEnqueue(
  context: MatchContext,
  cursor: OpCursor,
  request: EnqueueRequest,
  options: MatchOptions,
): EnqueueResult {
  const { state } = context;
  const { queue, dedupKey, id } = request;
  const holder = dedupKey === undefined ? undefined : state.holderOf(queue, dedupKey);
  if (holder !== undefined && holder !== options.removing) return { id: holder.id, isNew: false };
  const taken = id === undefined ? undefined : state.jobs.get(id);
  if (id !== undefined && taken !== undefined && taken !== options.removing) {
    if (options.takenId === "skip") return { id, isNew: false };
    violated(`${cursor.place}: a commit was applied although job id ${id} is in use`);
  }
  const op = cursor.take(OpTag.enqueue, () => `a job of queue ${queue}`);
  const job = checkNewJob(context, cursor, request, op.job, options.tag);
  if (options.removing?.id === job.id) state.jobs.delete(job.id);
  require(!state.jobs.has(job.id), () => `${cursor.place}: id ${job.id} is given a second time`);
  state.add(job);
  context.changes.job(job.id);
  matchPuts(context, cursor, request.kv);
  return { id: job.id, isNew: true };
}

function checkNewJob(
  context: MatchContext,
  cursor: OpCursor,
  request: EnqueueRequest,
  logged: JobRecord,
  tag: string | undefined,
): ModelJob {
  const { settings } = context;
  const isKnownQueue = [...QUEUES, WORKED_QUEUE, STEP_QUEUE].includes(request.queue);
  const headers = tag === undefined ? request.headers : { ...request.headers, [CALL_TAG]: tag };
  const enqueuedAt = logged.enqueuedAt;
  const dueAt = dueTime(request, enqueuedAt);
  const expected = {
    id: request.id ?? logged.id,
    queue: request.queue,
    headers: { ...headers },
    priority: request.priority ?? DEFAULT_PRIORITY,
    maxAttempts: request.maxAttempts ?? (isKnownQueue ? settings.maxAttempts : 3),
    runAt: dueAt,
    dedupKey: request.dedupKey,
  };
  const { id, queue, priority, maxAttempts, runAt, dedupKey } = logged;
  const found = {
    id,
    queue,
    headers: { ...logged.headers },
    priority,
    maxAttempts,
    runAt,
    dedupKey,
  };
  require(JSON.stringify(sorted(found)) === JSON.stringify(sorted(expected)), () =>
    `${cursor.place}: a job was enqueued as ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  require(enqueuedAt <= cursor.slot.landed.at, () => `${cursor.place}: job ${id} is of the future`);
  checkPayload(context, cursor, request.payload, logged);
  return {
    ...expected,
    payload: request.payload,
    state: "pending",
    attempts: 0,
    enqueuedAt,
    claimedAt: undefined,
    wokenAt: undefined,
    wakePayload: undefined,
    lastError: undefined,
    completedAt: undefined,
    failedAt: undefined,
    cancelRequested: false,
    dueAt,
    onDead: request.onDead,
    backoff: backoffOf(request, settings),
    history: [],
    claim: undefined,
    waitsSince: context.group,
    payloadReference: logged.payloadReference,
  };
}

function checkPayload(
  { settings, archive }: MatchContext,
  cursor: OpCursor,
  payload: Uint8Array,
  logged: JobRecord,
): void {
  const { payloadReference: reference } = logged;
  if (payload.length <= settings.offloadAboveBytes) {
    require(reference === undefined && sameBytes(logged.payload, payload), () =>
      `${cursor.place}: the payload of job ${logged.id} is not what was enqueued`);
    return;
  }
  const stored = archive.first.get(`${QUEUE_PREFIX}/payloads/${reference}`);
  require(stored !== undefined && stored.landed.tick < cursor.slot.landed.tick, () =>
    `${cursor.place}: the payload of job ${logged.id} was not stored before the job`);
  const end = stored.body.subarray(stored.body.length - payload.length);
  require(sameBytes(end, payload), () =>
    `${cursor.place}: the stored payload of job ${logged.id} is not what was enqueued`);
}

function matchWake(
  { state, changes, group }: MatchContext,
  cursor: OpCursor,
  jobId: string,
  payload: Uint8Array | undefined,
  removing: ModelJob | undefined,
): WakeResult {
  const job = state.jobs.get(jobId);
  const op = cursor.current;
  const isLogged = op?.tag === OpTag.wake && op.id === jobId && sameBytes(op.payload, payload);
  if (!isLogged) {
    if (job === undefined || job === removing) return "not_found";
    const mayBeDue = job.dueAt === undefined || job.dueAt <= cursor.slot.landed.at;
    require(!state.waitsIn(job) || mayBeDue, () =>
      `${cursor.place}: job ${jobId} is scheduled and was not woken`);
    return "not_scheduled";
  }
  require(job !== undefined && job.dueAt !== undefined && state.waitsIn(job), () =>
    `${cursor.place}: job ${jobId} was woken and is not scheduled`);
  cursor.position++;
  job.dueAt = undefined;
  job.wokenAt = op.at;
  job.wakePayload = payload;
  job.waitsSince = group;
  changes.job(jobId);
  return "woken";
}

function dueTime({ runAt, delay }: EnqueueRequest, now: number): number | undefined {
  if (runAt === undefined && delay === undefined) return undefined;
  const at = runAt ?? now + Number(delay);
  return at <= now ? undefined : at;
}

function backoffOf({ backoff }: EnqueueRequest, { backoffBase }: Settings): ModelJob["backoff"] {
  return {
    baseMs: Number(backoff?.base ?? backoffBase),
    capMs: Number(backoff?.cap ?? BACKOFF_CAP_MS),
    jitter: backoff?.jitter ?? "full",
  };
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}

function sorted(fields: { readonly headers: Readonly<Record<string, string>> }): object {
  return { ...fields, headers: Object.entries(fields.headers).sort() };
}
