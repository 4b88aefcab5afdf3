import {
  type AttemptOutcome,
  type CommitResult,
  ConflictError,
  type Effects,
  type EnqueueRequest,
  type EnqueueResult,
  type Job,
  toMs,
  type WakeRequest,
  type WakeResult,
  WfError,
} from "@wf/core";
import { backoffMs, resolveBackoff } from "@wf/core/adapter";
import type { ResolvedOptions } from "./options.ts";
import type { JobRow, TemplateDatabase } from "./template-database.ts";

/** Deliveries that a history keeps. */
const MAX_HISTORY = 100;
/** Of an error's text, in UTF-16 units. */
const MAX_ERROR_LENGTH = 8_192;

/** What may happen to jobs: each method is part of a transaction, and checks no arguments. */
export class Jobs {
  readonly #database: TemplateDatabase;
  readonly #options: ResolvedOptions;

  constructor(database: TemplateDatabase, options: ResolvedOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** @throws WF_CONFLICT, WF_DUPLICATE_JOB_ID */
  apply(effects: Effects, now: number): CommitResult {
    for (const [key, expected] of Object.entries(effects.expect ?? {})) this.#expect(key, expected);
    const enqueued = (effects.enqueue ?? []).map((request) => this.#enqueue(request, now));
    const woken = (effects.wake ?? []).map((request) => this.wake(request, now));
    for (const [key, value] of Object.entries(effects.put ?? {})) {
      this.#database.setEntry(key, new Uint8Array(value));
    }
    for (const key of effects.delete ?? []) this.#database.setEntry(key, undefined);
    return { enqueued, woken };
  }

  /** Takes up to `max` pending jobs, in their order. */
  claim(queue: string, max: number, leaseMs: number, now: number): JobRow[] {
    const pending = [...this.#database.jobs.values()].filter(
      ({ job }) => job.queue === queue && job.state === "pending",
    );
    pending.sort((a, b) => a.job.priority - b.job.priority || (a.job.id < b.job.id ? -1 : 1));
    return pending.slice(0, max).map((row) => {
      const attempts = row.job.attempts + 1;
      const lease = { token: this.#database.nextId(now), expiresAt: now + leaseMs };
      const state = "claimed";
      const change = { state, attempts, claimedAt: now, dedupKey: undefined } as const;
      return this.#set({ ...row, job: { ...row.job, ...change }, lease });
    });
  }

  extend(row: JobRow, expiresAt: number): JobRow {
    const { token } = row.lease as NonNullable<JobRow["lease"]>;
    return this.#set({ ...row, lease: { token, expiresAt } });
  }

  done(row: JobRow, now: number): void {
    const { id, queue } = row.job;
    this.#database.setDoneCount(queue, (this.#database.doneCounts.get(queue) ?? 0) + 1);
    if (this.#options.configOf(queue).doneRetentionMs === undefined) {
      return this.#database.setJob(id, undefined);
    }
    this.#end(row, now, "completed", undefined, { state: "done", completedAt: now });
  }

  /** Whether the job is tried again, or dead now. */
  retry(row: JobRow, error: string, afterMs: number | undefined, now: number): "retried" | "dead" {
    const { queue, attempts, maxAttempts } = row.job;
    if (attempts >= maxAttempts) {
      this.dead(row, error, now);
      return "dead";
    }
    const backoff = resolveBackoff(row.backoff ?? {}, this.#options.configOf(queue).backoff);
    const waitMs = afterMs ?? backoffMs(backoff, attempts, this.#options.random);
    const due = waitMs > 0 ? ({ state: "scheduled", runAt: now + waitMs } as const) : PENDING;
    this.#end(row, now, "retried", error, { ...due, lastError: textOf(error) });
    return "retried";
  }

  dead(row: JobRow, error: string, now: number): void {
    const change = { state: "dead", failedAt: now, lastError: textOf(error) } as const;
    this.#end(row, now, "dead_lettered", error, change);
  }

  /**
   * The job's own effects, when no settlement has brought others. Nobody is there to be told that an id is taken, so
   * that enqueue is left out.
   */
  mourn({ onDead }: JobRow, now: number): void {
    if (onDead === undefined) return;
    const enqueue = onDead.enqueue ?? [];
    const ids = new Set<string>();
    const possible = enqueue.filter(({ id }) => {
      if (id === undefined) return true;
      const isFree = !this.#database.jobs.has(id) && !ids.has(id);
      ids.add(id);
      return isFree;
    });
    this.apply({ ...onDead, enqueue: possible }, now);
  }

  wake({ jobId, payload }: WakeRequest, now: number): WakeResult {
    const row = this.#database.jobs.get(jobId);
    if (row === undefined) return "not_found";
    if (row.job.state !== "scheduled") return "not_scheduled";
    const wakePayload = payload && new Uint8Array(payload);
    this.#set({ ...row, job: { ...row.job, ...PENDING, wokenAt: now, wakePayload } });
    return "woken";
  }

  requestCancel(row: JobRow): void {
    this.#set({ ...row, job: { ...row.job, cancelRequested: true } });
  }

  requeue(row: JobRow, now: number): void {
    const alive = { attempts: 0, lastError: undefined, failedAt: undefined } as const;
    this.#end({ ...row, job: { ...row.job, attempts: 0 } }, now, "requeued", undefined, {
      ...PENDING,
      ...alive,
      cancelRequested: false,
    });
  }

  /** Takes a claimed job back: its lease is over, or its process. */
  release(row: JobRow, outcome: "lease_expired" | "interrupted", now: number): void {
    if (row.job.attempts < row.job.maxAttempts) {
      return this.#end(row, now, outcome, undefined, PENDING);
    }
    this.dead(row, outcome === "lease_expired" ? "lease expired" : "claim interrupted", now);
    this.mourn(row, now);
  }

  /** Brings about all that fell due until `now`. */
  sweep(now: number): void {
    for (const row of this.#database.jobs.values()) {
      const dueAt = this.#dueAt(row);
      if (dueAt === undefined || dueAt > now) continue;
      if (row.job.state === "scheduled") this.#set({ ...row, job: { ...row.job, ...PENDING } });
      else if (row.job.state === "claimed") this.release(row, "lease_expired", now);
      else this.#database.setJob(row.job.id, undefined);
    }
  }

  /** When there is something to {@link sweep} next. */
  nextDue(): number | undefined {
    let next: number | undefined;
    for (const row of this.#database.jobs.values()) {
      const dueAt = this.#dueAt(row);
      if (dueAt !== undefined && dueAt < (next ?? Number.POSITIVE_INFINITY)) next = dueAt;
    }
    return next;
  }

  #dueAt({ job, lease }: JobRow): number | undefined {
    const { doneRetentionMs, deadRetentionMs } = this.#options.configOf(job.queue);
    switch (job.state) {
      case "scheduled":
        return job.runAt;
      case "claimed":
        return lease?.expiresAt;
      case "done":
        return endOf(job.completedAt, doneRetentionMs);
      case "dead":
        return endOf(job.failedAt, deadRetentionMs);
      default:
        return undefined;
    }
  }

  #expect(key: string, expected: Uint8Array | undefined): void {
    const value = this.#database.entries.get(key);
    const holds = value && expected ? Buffer.compare(value, expected) === 0 : value === expected;
    if (!holds)
      throw new ConflictError(`KV key ${JSON.stringify(key)} holds another value`, { key });
  }

  #enqueue(request: EnqueueRequest, now: number): EnqueueResult {
    const { queue, payload, headers, dedupKey, backoff, onDead, kv, ...options } = request;
    const config = this.#options.configOf(queue);
    const holder = dedupKey === undefined ? undefined : this.#holderOf(queue, dedupKey);
    if (holder !== undefined) return { id: holder, isNew: false };
    const id = options.id ?? this.#database.nextId(now);
    if (this.#database.jobs.has(id)) {
      throw new WfError("WF_DUPLICATE_JOB_ID", `there is a job ${id}: give another id, or none`);
    }
    const runAt = options.delay === undefined ? options.runAt : now + toMs(options.delay, "delay");
    const isLater = runAt !== undefined && runAt > now;
    const job: Job = {
      id,
      queue,
      payload: new Uint8Array(payload),
      headers: { ...headers },
      state: isLater ? "scheduled" : "pending",
      attempts: 0,
      maxAttempts: options.maxAttempts ?? config.maxAttempts,
      priority: options.priority ?? config.priority,
      enqueuedAt: now,
      runAt: isLater ? runAt : undefined,
      claimedAt: undefined,
      wokenAt: undefined,
      wakePayload: undefined,
      lastError: undefined,
      dedupKey,
      completedAt: undefined,
      failedAt: undefined,
      cancelRequested: false,
    };
    const own = structuredClone({ backoff, onDead });
    this.#set({ job, ...own, history: [], lease: undefined });
    this.#database.setDoneCount(queue, this.#database.doneCounts.get(queue) ?? 0);
    for (const [key, value] of Object.entries(kv ?? {})) {
      this.#database.setEntry(key, new Uint8Array(value));
    }
    return { id, isNew: true };
  }

  #holderOf(queue: string, dedupKey: string): string | undefined {
    for (const { job } of this.#database.jobs.values()) {
      if (job.queue === queue && job.dedupKey === dedupKey) return job.id;
    }
    return undefined;
  }

  #end(
    row: JobRow,
    now: number,
    outcome: AttemptOutcome,
    error: string | undefined,
    change: Partial<Job>,
  ): void {
    const { attempts: attempt, claimedAt } = row.job;
    const text = error === undefined ? undefined : textOf(error);
    const ended = { attempt, claimedAt, recordedAt: now, outcome, error: text };
    const history = [...row.history, ended].slice(-MAX_HISTORY);
    const job = { ...row.job, claimedAt: undefined, ...change };
    this.#set({ ...row, job, history, lease: undefined });
  }

  #set(row: JobRow): JobRow {
    this.#database.setJob(row.job.id, row);
    return row;
  }
}

const PENDING = { state: "pending" } as const;

/** The first millisecond in which it is not kept any more. */
function endOf(at: number | undefined, retentionMs: number | undefined): number | undefined {
  return at === undefined || retentionMs === undefined ? undefined : at + retentionMs + 1;
}

function textOf(error: string): string {
  return error.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
