import assert from "node:assert/strict";
import type {
  Claim,
  ClaimOptions,
  Duration,
  EnqueueOptions,
  Job,
  JobState,
  Page,
  PageOptions,
  Queue,
  QueueConfig,
  QueueStats,
} from "@wf/core";
import { text } from "../assertions.ts";

export interface QueueCase {
  /** Permanent, so that it can be cited. */
  readonly id: string;
  readonly title: string;
  /** Settings by queue name; the rest is as the defaults say. */
  readonly queues?: Readonly<Record<string, QueueConfig>>;
  readonly needsReopen?: true;
  run(world: QueueWorld): Promise<void>;
}

export interface QueueWorld {
  /** Empty, and no other case's. */
  readonly queue: Queue;
  readonly advance: (duration: Duration) => Promise<void>;
  /** Kills the owner and opens the queue again. Only for cases with `needsReopen`. */
  readonly reopen: () => Promise<Queue>;
  /** Whether opening the queue leaves open claims to their leases. */
  readonly shared: boolean;
}

/** The queue that most cases use. */
export const JOBS = "jobs";
export const DEFAULT_LEASE_MS = 30_000;
/** What `ensureLease` adds to what it is asked for. */
export const LEASE_MARGIN_MS = 5_000;
export const STATES: readonly JobState[] = ["pending", "scheduled", "claimed", "done", "dead"];

/** Enqueues on {@link JOBS} and gives the id. */
export async function add(
  queue: Queue,
  payload = "job",
  options?: EnqueueOptions,
): Promise<string> {
  return (await queue.enqueue(JOBS, text(payload), options)).id;
}

export async function addMany(queue: Queue, count: number): Promise<string[]> {
  const requests = Array.from({ length: count }, (_, i) => ({
    queue: JOBS,
    payload: text(`${i}`),
  }));
  return (await queue.enqueueMany(requests)).map(({ id }) => id);
}

/** Takes the one next job of {@link JOBS}. */
export async function claimOne(queue: Queue, options?: ClaimOptions): Promise<Claim> {
  const claims = await queue.claim(JOBS, options);
  assert.equal(claims.length, 1, `claimed ${claims.length} jobs`);
  return claims[0] as Claim;
}

/** Enqueues a job and takes it. */
export async function addClaimed(queue: Queue, options?: EnqueueOptions): Promise<Claim> {
  const id = await add(queue, "job", options);
  const claim = await claimOne(queue);
  assert.equal(claim.job.id, id);
  return claim;
}

/** Enqueues a job and makes it dead. */
export async function addDead(queue: Queue, options?: EnqueueOptions): Promise<string> {
  const claim = await addClaimed(queue, options);
  await queue.deadLetter(claim, "killed");
  return claim.job.id;
}

export async function jobOf(queue: Queue, id: string): Promise<Job> {
  const job = await queue.inspect.getJob(id);
  assert.ok(job !== undefined, `there is no job ${id}`);
  return job;
}

export async function stateOf(queue: Queue, id: string): Promise<JobState | "gone"> {
  return (await queue.inspect.getJob(id))?.state ?? "gone";
}

export async function countsOf(
  queue: Queue,
  name = JOBS,
): Promise<Omit<QueueStats, "oldestPendingAgeMs">> {
  const { oldestPendingAgeMs: _, ...counts } = await queue.inspect.stats(name);
  return counts;
}

export function textOf(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

export async function kvText(queue: Queue, key: string): Promise<string | undefined> {
  return textOf(await queue.kv.get(key));
}

/** What a KV key holds as a decimal number; 0 where it is absent. */
export async function kvNumber(queue: Queue, key: string): Promise<number> {
  return Number((await kvText(queue, key)) ?? 0);
}

export function idsOf(items: readonly (Job | Claim)[]): string[] {
  return items.map((item) => ("job" in item ? item.job.id : item.id));
}

/** All pages of a listing, `limit` entries at a time. */
export async function allPages<T>(
  list: (page: PageOptions) => Promise<Page<T>>,
  limit = 1_000,
): Promise<T[]> {
  const items: T[] = [];
  let page: Page<T> | undefined;
  do {
    page = await list({ after: page?.next, limit });
    assert.ok(page.items.length <= limit, `a page of ${page.items.length} with limit ${limit}`);
    items.push(...page.items);
  } while (page.next !== undefined);
  return items;
}

export async function listIds(queue: Queue, state: JobState, limit?: number): Promise<string[]> {
  return idsOf(await allPages((page) => queue.inspect.listJobs(JOBS, state, page), limit));
}

/** All that the queue shows, for saying that a call changed nothing. */
export async function snapshotOf(queue: Queue): Promise<unknown> {
  const queues: Record<string, unknown> = {};
  for (const name of await queue.inspect.listQueues()) {
    const jobs: unknown[] = [];
    for (const state of STATES) {
      for (const job of await allPages((page) => queue.inspect.listJobs(name, state, page))) {
        jobs.push({ job, attempts: await queue.inspect.attempts(job.id) });
      }
    }
    queues[name] = { stats: await queue.inspect.stats(name), jobs };
  }
  return { queues, kv: await allPages((page) => queue.kv.scan("", page)) };
}

/** Runs `call` and asserts that the queue shows the same as before. */
export async function changesNothing(queue: Queue, call: () => Promise<unknown>): Promise<void> {
  const before = await snapshotOf(queue);
  await call();
  assert.deepEqual(await snapshotOf(queue), before);
}

/** Waits for what needs no time to pass; fails where it does. */
export async function soon<T>(world: Pick<QueueWorld, "advance">, promise: Promise<T>): Promise<T> {
  assert.ok(await hasSettled(world, promise), "still waiting");
  return promise;
}

/** Whether the promise is settled once all that is under way is done. */
export async function hasSettled(
  { advance }: Pick<QueueWorld, "advance">,
  promise: Promise<unknown>,
): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let tries = 0; tries < 3 && !settled; tries++) await advance(0);
  return settled;
}

/** Runs the calls at the same time; gives what came of each. */
export async function outcomesOf<T>(
  calls: readonly Promise<T>[],
): Promise<{ values: T[]; errors: unknown[] }> {
  const values: T[] = [];
  const errors: unknown[] = [];
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === "fulfilled") values.push(outcome.value);
    else errors.push(outcome.reason);
  }
  return { values, errors };
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
