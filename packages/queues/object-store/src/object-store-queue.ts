import { hostname } from "node:os";
import { pid } from "node:process";
import {
  type Claim,
  type ClaimOptions,
  type Clock,
  type CommitOptions,
  type CommitResult,
  type CompletionOutcome,
  type Effects,
  type EnqueueOptions,
  type EnqueueRequest,
  type EnqueueResult,
  type NackOptions,
  type ObjectStore,
  type Queue,
  toMs,
  type WaitOptions,
  type WakeResult,
  WfError,
} from "@wf/core";
import {
  backoffMs,
  checkCallOptions,
  checkEffects,
  checkEnqueue,
  checkId,
  checkList,
  checkObjectStore,
  checkText,
  resolveClaimOptions,
} from "@wf/core/adapter";
import { JobClaim } from "./claims/job-claim.ts";
import { newJob, planEffects } from "./commit/plan.ts";
import { OpTag } from "./layout/op.ts";
import { type ObjectStoreQueueOptions, resolveOptions } from "./options.ts";
import { QueueKeyValue } from "./queue-key-value.ts";
import { QueueOwner } from "./queue-owner.ts";
import type { JobRecord } from "./state/job-record.ts";
import { StateInspector } from "./state-inspector.ts";
import { StateKeyValues } from "./state-key-values.ts";

/** What is recorded of an error or reason at most, in characters. */
const MAX_ERROR_LENGTH = 8_192;

type CancelResult = "removed" | "requested" | "not_found";

/**
 * A {@link Queue} whose state is a log of immutable objects in an object store, and a fold over it in
 * memory. One process owns it at a time: opening it takes it over from whoever had it, and that one stops
 * with `FencedError` at its next write. Until then its reads may be stale.
 */
export class ObjectStoreQueue implements Queue {
  readonly clock: Clock;
  readonly kv: QueueKeyValue;
  readonly inspect: StateInspector;
  readonly #owner: QueueOwner;

  /**
   * Opens the queue below `options.prefix`, which need not exist, and takes it over from its owner.
   * Jobs that were claimed are pending again, or dead if their attempts are used up. When it resolves, no
   * earlier owner can acknowledge anything any more.
   *
   * @throws WF_DATA_CORRUPT naming a damaged or missing object, WF_LAYOUT_UNSUPPORTED, WF_QUEUE_MOVED where it
   *   is to run elsewhere, bad options by their own codes, and what the store throws
   */
  static async open(
    store: ObjectStore,
    options: ObjectStoreQueueOptions,
  ): Promise<ObjectStoreQueue> {
    checkObjectStore(store);
    const resolved = resolveOptions(options);
    const process = { host: hostname(), processId: pid };
    return new ObjectStoreQueue(await QueueOwner.takeOver(store, resolved, process));
  }

  private constructor(owner: QueueOwner) {
    this.#owner = owner;
    this.clock = owner.clock;
    this.inspect = new StateInspector(
      owner.state,
      owner.clock,
      () => owner.refresh(),
      (record) => owner.present(record),
    );
    const state = new StateKeyValues(owner.state, () => owner.checkOpen());
    this.kv = new QueueKeyValue(state, (effects) => this.commit(effects));
  }

  nextJobId(): string {
    return this.#owner.nextJobId();
  }

  async commit(effects: Effects, options: CommitOptions = {}): Promise<CommitResult> {
    checkEffects(effects);
    checkCallOptions(options);
    const { signal } = options;
    const owner = this.#owner;
    const act = (own: Effects | undefined) => {
      const plan = planEffects(owner, own);
      return owner.submit(plan.ops, plan.result);
    };
    return owner.decisions.decide({ effects, blocker: noBlocker, act, signal });
  }

  async enqueue(
    queue: string,
    payload: Uint8Array,
    options: EnqueueOptions & CommitOptions = {},
  ): Promise<EnqueueResult> {
    checkEnqueue(queue, payload, options);
    const owner = this.#owner;
    if (owner.decisions.isSimple(payload, options)) {
      owner.checkOpen();
      const job = newJob(owner, queue, payload, options);
      return owner.submit([{ tag: OpTag.enqueue, job }], { id: job.id, isNew: true });
    }
    const { signal, ...request } = options;
    const effects = { enqueue: [{ ...request, queue, payload }] };
    const { enqueued } = await this.commit(effects, { signal });
    return enqueued[0] as EnqueueResult;
  }

  async enqueueMany(
    requests: readonly EnqueueRequest[],
    options?: CommitOptions,
  ): Promise<readonly EnqueueResult[]> {
    checkList(requests, "requests");
    return (await this.commit({ enqueue: requests }, options)).enqueued;
  }

  async claim(queueName: string, options: ClaimOptions = {}): Promise<Claim[]> {
    const owner = this.#owner;
    const defaultLeaseMs = owner.configOf(queueName).leaseMs;
    const { max, leaseMs, waitMs, signal } = resolveClaimOptions(
      queueName,
      options,
      defaultLeaseMs,
    );
    const deadline = owner.now + waitMs;
    for (;;) {
      owner.refresh();
      let claims = owner.desk.take(queueName, max, leaseMs);
      const mayWait = owner.now < deadline && !signal?.aborted;
      if (claims.length === 0 && mayWait) {
        claims = await owner.desk.wait(queueName, max, leaseMs, deadline, signal);
      }
      if (claims.length === 0) return claims;
      const filled = await owner.fillPayloads(claims);
      if (filled.length > 0) return filled;
    }
  }

  async ack(claim: Claim, effects?: Effects): Promise<CommitResult> {
    const { owner, job, check } = this.#open(claim, effects);
    const blocker = () => {
      check();
      return job.busy;
    };
    const act = (own: Effects | undefined) => {
      const plan = planEffects(owner, own);
      const keep = owner.configOf(job.queue).doneRetentionMs !== undefined;
      owner.desk.release(job);
      const done = { tag: OpTag.done, id: job.id, at: owner.now, keep } as const;
      return owner.submit([done, ...plan.ops], plan.result);
    };
    return owner.decisions.decide({ effects, blocker, act });
  }

  async nack(claim: Claim, error: string, options: NackOptions = {}): Promise<"retried" | "dead"> {
    checkCallOptions(options);
    checkText(error, "error");
    const { owner, job, check } = this.#open(claim, options.onDead, "onDead");
    const retryAfterMs =
      options.retryAfter === undefined ? undefined : toMs(options.retryAfter, "retryAfter");
    if (job.attempts >= job.maxAttempts) {
      await owner.die(job, recorded(error), options.onDead, check);
      return "dead";
    }
    const blocker = () => {
      check();
      return job.busy;
    };
    const act = () => {
      const at = owner.now;
      const backoff = job.backoff ?? owner.configOf(job.queue).backoff;
      const runAt = at + (retryAfterMs ?? backoffMs(backoff, job.attempts, owner.random));
      owner.desk.release(job);
      const retry = { tag: OpTag.retry, id: job.id, at, error: recorded(error), runAt } as const;
      return owner.submit([retry], "retried" as const);
    };
    return owner.decisions.decide({ effects: undefined, blocker, act });
  }

  async deadLetter(claim: Claim, reason: string, effects?: Effects): Promise<void> {
    checkText(reason, "reason");
    const { owner, job, check } = this.#open(claim, effects);
    await owner.die(job, recorded(reason), effects, check);
  }

  async cancel(jobId: string, effectsIfRemoved?: Effects): Promise<CancelResult> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    if (effectsIfRemoved !== undefined) checkEffects(effectsIfRemoved, "effectsIfRemoved");
    const owner = this.#owner;
    const { inFlight, state, desk } = owner;
    const blocker = () => inFlight.blockerOfJob(jobId);
    const act = async (effects: Effects | undefined): Promise<CancelResult> => {
      const job = state.jobs.get(jobId);
      if (job === undefined || job.state === "done" || job.state === "dead") return "not_found";
      if (job.state !== "claimed") {
        const plan = planEffects(owner, effects, { removing: job });
        return owner.submit([{ tag: OpTag.remove, id: jobId }, ...plan.ops], "removed");
      }
      // Told before it is durable, so that a handler that settles from now on has seen it.
      desk.requestCancel(job);
      if (job.cancelRequested) return "requested";
      return owner.submit([{ tag: OpTag.requestCancel, id: jobId }], "requested");
    };
    return owner.decisions.decide({ effects: effectsIfRemoved, blocker, act });
  }

  async wake(jobId: string, payload?: Uint8Array): Promise<WakeResult> {
    const { woken } = await this.commit({ wake: [{ jobId, payload }] });
    return woken[0] as WakeResult;
  }

  async requeueDead(jobId: string): Promise<void> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    const owner = this.#owner;
    const blocker = () => owner.inFlight.blockerOfJob(jobId);
    const act = async () => {
      const job = owner.state.jobs.get(jobId);
      if (job === undefined) {
        throw new WfError("WF_JOB_NOT_FOUND", `there is no job ${jobId}; it may have been swept`);
      }
      if (job.state !== "dead") {
        throw new WfError(
          "WF_INVALID_STATE",
          `job ${jobId} is ${job.state}; only a dead job can be requeued`,
        );
      }
      return owner.submit([{ tag: OpTag.requeue, id: jobId, at: owner.now }], undefined);
    };
    return owner.decisions.decide({ effects: undefined, blocker, act });
  }

  async waitForCompletion(jobId: string, options: WaitOptions = {}): Promise<CompletionOutcome> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    checkCallOptions(options);
    if (options.timeout !== undefined) toMs(options.timeout, "timeout");
    this.#owner.refresh();
    const job = this.#owner.state.jobs.get(jobId);
    if (job === undefined) return { status: "not_found" };
    const ended = job.state === "done" || job.state === "dead";
    const outcome = ended ? "ended" : await this.#owner.completions.wait(jobId, options);
    if (outcome !== "ended") return { status: outcome };
    // Kept where it is dead, or done with retention.
    const kept = this.#owner.state.jobs.get(jobId) === job;
    return { status: "completed", job: kept ? await this.#owner.present(job) : undefined };
  }

  close(): Promise<void> {
    return this.#owner.close();
  }

  /** As {@link ObjectStoreQueue.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What a settlement works on, refused for bad effects and for a claim that is not this queue's. */
  #open(
    claim: Claim,
    effects: Effects | undefined,
    name = "effects",
  ): { owner: QueueOwner; job: JobRecord; check: () => void } {
    if (effects !== undefined) checkEffects(effects, name);
    if (!(claim instanceof JobClaim) || claim.claims !== this.#owner.desk) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        "only a claim that this queue object gave out can be settled, not a job that was read",
      );
    }
    return { owner: this.#owner, job: claim.record, check: () => claim.check() };
  }
}

function noBlocker(): undefined {}

function recorded(error: string): string {
  return error.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
