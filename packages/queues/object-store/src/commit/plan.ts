import {
  type CommitResult,
  ConflictError,
  type Effects,
  type EnqueueOptions,
  type EnqueueRequest,
  type EnqueueResult,
  toMs,
  type WakeResult,
  WfError,
} from "@wf/core";
import type { ResolvedQueueConfig } from "@wf/core/adapter";
import { resolveBackoff } from "@wf/core/adapter";
import { type Op, OpTag } from "../layout/op.ts";
import { payloadReferenceOf } from "../payloads/offload.ts";
import { JobRecord, NO_HEADERS } from "../state/job-record.ts";
import { packedCopy } from "../state/packed-bytes.ts";
import type { QueueState } from "../state/queue-state.ts";
import { copyEffects } from "./copy-effects.ts";
import { dedupPlace } from "./dedup-place.ts";

/** What a plan is made from. */
export interface PlanContext {
  readonly state: QueueState;
  readonly now: number;
  configOf(queue: string): ResolvedQueueConfig;
  nextJobId(): string;
}

export interface Plan {
  readonly ops: readonly Op[];
  readonly result: CommitResult;
}

export interface PlanOptions {
  /**
   * Where the id of an enqueue is in use: refuse the commit (default), or skip the enqueue, as at a job's
   * death, which nothing can refuse.
   */
  readonly takenId?: "refuse" | "skip";
  /** A job that the commit removes before anything else, and its id and dedup key with it. */
  readonly removing?: JobRecord;
}

export const EMPTY_PLAN: Plan = Object.freeze({
  ops: Object.freeze([]),
  result: Object.freeze({ enqueued: Object.freeze([]), woken: Object.freeze([]) }),
});

/**
 * Decides effects that were checked against the state: the ops that carry them out, and the answer.
 *
 * @throws WF_CONFLICT, WF_DUPLICATE_JOB_ID
 */
export function planEffects(
  context: PlanContext,
  effects: Effects | undefined,
  options: PlanOptions = {},
): Plan {
  if (effects === undefined) return EMPTY_PLAN;
  checkExpectations(context.state, effects);
  const ops: Op[] = [];
  const enqueued = planEnqueues(context, effects.enqueue ?? [], options, ops);
  const woken = planWakes(context, effects, options, ops);
  planPuts(effects.put, ops);
  for (const key of effects.delete ?? []) ops.push({ tag: OpTag.delete, key });
  return { ops, result: { enqueued, woken } };
}

function checkExpectations(state: QueueState, effects: Effects): void {
  if (effects.expect === undefined) return;
  for (const key of Object.keys(effects.expect)) {
    const expected = effects.expect[key];
    const actual = state.kv.get(key);
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
  context: PlanContext,
  requests: readonly EnqueueRequest[],
  { takenId = "refuse", removing }: PlanOptions,
  ops: Op[],
): EnqueueResult[] {
  // Enqueues of this same commit, which the state does not show yet.
  const several = requests.length > 1;
  const ids = several ? new Set<string>() : undefined;
  const dedup = several ? new Map<string, string>() : undefined;
  return requests.map((request) => {
    const { queue, id, dedupKey } = request;
    if (dedupKey !== undefined) {
      const place = dedupPlace(queue, dedupKey);
      const holder = context.state.queues.get(queue)?.dedup.get(dedupKey);
      const held = holder === removing ? dedup?.get(place) : (holder?.id ?? dedup?.get(place));
      if (held !== undefined) return { id: held, isNew: false };
    }
    const known = id === undefined ? undefined : context.state.jobs.get(id);
    if (id !== undefined && ((known !== undefined && known !== removing) || ids?.has(id))) {
      if (takenId === "skip") return { id, isNew: false };
      throw new WfError(
        "WF_DUPLICATE_JOB_ID",
        `job id ${id} is in use by a job that is still kept; nothing was applied`,
      );
    }
    const job = newJob(context, queue, request.payload, request);
    ids?.add(job.id);
    if (dedupKey !== undefined) dedup?.set(dedupPlace(queue, dedupKey), job.id);
    ops.push({ tag: OpTag.enqueue, job });
    planPuts(request.kv, ops);
    return { id: job.id, isNew: true };
  });
}

function planWakes(
  context: PlanContext,
  effects: Effects,
  { removing }: PlanOptions,
  ops: Op[],
): WakeResult[] {
  if (effects.wake === undefined) return [];
  const woken = new Set<string>();
  return effects.wake.map(({ jobId, payload }) => {
    const job = context.state.jobs.get(jobId);
    if (job === undefined || job === removing) return "not_found";
    if (job.state !== "scheduled" || woken.has(jobId)) return "not_scheduled";
    woken.add(jobId);
    ops.push({
      tag: OpTag.wake,
      id: jobId,
      at: context.now,
      payload: payload && packedCopy(payload),
    });
    return "woken";
  });
}

function planPuts(puts: Readonly<Record<string, Uint8Array>> | undefined, ops: Op[]): void {
  if (puts === undefined) return;
  for (const key of Object.keys(puts)) {
    ops.push({ tag: OpTag.put, key, value: packedCopy(puts[key] as Uint8Array) });
  }
}

/** A job from a request that was checked, with everything in it resolved and owned. */
export function newJob(
  context: PlanContext,
  queue: string,
  payload: Uint8Array,
  options: EnqueueOptions,
): JobRecord {
  const config = context.configOf(queue);
  const { headers, backoff, onDead } = options;
  return new JobRecord({
    id: options.id ?? context.nextJobId(),
    queue,
    payload,
    headers: headers === undefined ? NO_HEADERS : ownHeaders(headers),
    priority: options.priority ?? config.priority,
    maxAttempts: options.maxAttempts ?? config.maxAttempts,
    enqueuedAt: context.now,
    runAt: dueTime(options, context.now),
    dedupKey: options.dedupKey,
    backoff: backoff === undefined ? undefined : resolveBackoff(backoff, config.backoff),
    onDead: onDead === undefined ? undefined : ownEffects(context, onDead),
    payloadReference: payloadReferenceOf(options),
  });
}

/** When a job falls due, or undefined for one that is due already. */
function dueTime(options: EnqueueOptions, now: number): number | undefined {
  const { runAt, delay } = options;
  if (runAt === undefined && delay === undefined) return undefined;
  const at = runAt === undefined ? now + toMs(delay ?? 0, "delay") : Math.ceil(runAt);
  return at <= now ? undefined : at;
}

function ownHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = { ...headers };
  for (const _ in own) return Object.freeze(own);
  return NO_HEADERS;
}

/** Effects for later, with what is the queue's decided now. What counts from the time of death stays open. */
function ownEffects(context: PlanContext, effects: Effects): Effects {
  const own = copyEffects(effects);
  return {
    ...own,
    enqueue: own.enqueue?.map((request) => ({
      ...request,
      backoff: request.backoff && ownBackoff(context.configOf(request.queue), request.backoff),
    })),
  };
}

function ownBackoff(
  config: ResolvedQueueConfig,
  backoff: NonNullable<EnqueueOptions["backoff"]>,
): NonNullable<EnqueueOptions["backoff"]> {
  const { baseMs, capMs, jitter } = resolveBackoff(backoff, config.backoff);
  return { base: baseMs, cap: capMs, jitter };
}
