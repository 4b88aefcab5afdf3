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
  type KeyValue,
  type NackOptions,
  type Queue,
  type QueueInspector,
  toMs,
  type WaitOptions,
  type WakeResult,
  WfError,
} from "@wf/core";
import {
  type Backoff,
  backoffMs,
  checkCallOptions,
  checkEffects,
  checkEnqueue,
  checkId,
  checkList,
  checkMethods,
  checkText,
  resolveClaimOptions,
} from "@wf/core/adapter";
import { JobClaim } from "./claims/job-claim.ts";
import type { Operation } from "./commit/operation.ts";
import {
  ackOf,
  type CancelResult,
  cancelOf,
  commitOf,
  type Delivery,
  deathOf,
  requeueOf,
  retryOf,
} from "./commit/operations.ts";
import {
  NO_EFFECTS,
  type PreparedEffects,
  prepareEffects,
  prepareJob,
} from "./commit/prepared-effects.ts";
import type { PostgresClient } from "./database/client.ts";
import { type PostgresQueueOptions, resolveOptions } from "./options.ts";
import { QueueKeyValue } from "./queue-key-value.ts";
import { QueueProcess } from "./queue-process.ts";
import { ClientTransactionQueue, type TransactionQueue } from "./transaction-queue.ts";

/** What is recorded of an error or reason at most, in characters. */
const MAX_ERROR_LENGTH = 8_192;

/**
 * A {@link Queue} in a PostgreSQL database, on which any number of processes work at the same time. What one
 * of them has acknowledged is committed, and visible to all.
 *
 * Claims belong to the process that made them until their leases end; nothing is given back when another
 * process opens the queue. While the database is down, calls go on trying for `retryFor`.
 */
export class PostgresQueue implements Queue {
  readonly clock: Clock;
  readonly kv: KeyValue;
  readonly inspect: QueueInspector;
  readonly #process: QueueProcess;

  /**
   * Opens the queue in the schema, creating it or bringing it to the newest layout where need be; any number of
   * processes may do so at once.
   *
   * @throws WF_LAYOUT_UNSUPPORTED where a newer version of wf has been there, WF_STORE_UNAVAILABLE without a server
   *   or a free connection, WF_STORE_UNAUTHENTICATED, WF_STORE_DENIED where the role may not create what is missing,
   *   WF_STORE_NOT_INITIALIZED where there is no such database, bad options by their own codes
   */
  static async open(options: PostgresQueueOptions): Promise<PostgresQueue> {
    return new PostgresQueue(await QueueProcess.open(resolveOptions(options)));
  }

  private constructor(process: QueueProcess) {
    this.#process = process;
    this.clock = process.clock;
    this.inspect = process.inspect;
    this.kv = new QueueKeyValue(
      process.database,
      process.options.schema,
      () => process.checkOpen(),
      (effects) => this.commit(effects),
    );
  }

  /**
   * The queue within a transaction of the program's own: what it enqueues is there if and only if that commits.
   *
   * @param client a `pg` client on which a transaction has begun, on the queue's database
   * @throws WF_INVALID_ARGUMENT where it is none
   */
  within(client: PostgresClient): TransactionQueue {
    checkMethods(client, "client", ["query"], "a client of pg");
    return new ClientTransactionQueue(this.#process, client);
  }

  nextJobId(): string {
    return this.#process.nextJobId();
  }

  async commit(effects: Effects, options: CommitOptions = {}): Promise<CommitResult> {
    checkEffects(effects);
    checkCallOptions(options);
    return await this.#submit(commitOf("commit", this.#prepare(effects)), options.signal);
  }

  async enqueue(
    queue: string,
    payload: Uint8Array,
    options: EnqueueOptions & CommitOptions = {},
  ): Promise<EnqueueResult> {
    checkEnqueue(queue, payload, options);
    const job = prepareJob(this.#process, queue, payload, options);
    const effects = { ...NO_EFFECTS, enqueue: [job], bytes: job.payload.length };
    const { enqueued } = await this.#submit(commitOf("enqueue", effects), options.signal);
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
    const process = this.#process;
    const defaultLeaseMs = process.configOf(queueName).leaseMs;
    const { max, leaseMs, waitMs, signal } = resolveClaimOptions(
      queueName,
      options,
      defaultLeaseMs,
    );
    process.checkOpen();
    return await process.desk.claim(queueName, max, leaseMs, waitMs, signal);
  }

  async ack(claim: Claim, effects?: Effects): Promise<CommitResult> {
    const delivery = this.#delivery(claim, effects);
    const { queue } = delivery.claim.job;
    const keep = this.#process.configOf(queue).doneRetentionMs !== undefined;
    return await this.#settle(delivery, ackOf(delivery, this.#prepare(effects), keep));
  }

  async nack(claim: Claim, error: string, options: NackOptions = {}): Promise<"retried" | "dead"> {
    checkCallOptions(options);
    checkText(error, "error");
    const { retryAfter } = options;
    const retryAfterMs = retryAfter === undefined ? undefined : toMs(retryAfter, "retryAfter");
    const delivery = this.#delivery(claim, options.onDead, "onDead");
    const { job } = delivery.claim;
    if (job.attempts >= job.maxAttempts) {
      const death = deathOf(delivery, recorded(error), options.onDead, this.#process);
      return await this.#settle(delivery, death);
    }
    const delayMs = retryAfterMs ?? this.#backoffOf(delivery.claim);
    return await this.#settle(delivery, retryOf(delivery, recorded(error), delayMs));
  }

  async deadLetter(claim: Claim, reason: string, effects?: Effects): Promise<void> {
    checkText(reason, "reason");
    const delivery = this.#delivery(claim, effects);
    await this.#settle(delivery, deathOf(delivery, recorded(reason), effects, this.#process));
  }

  async cancel(jobId: string, effectsIfRemoved?: Effects): Promise<CancelResult> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    if (effectsIfRemoved !== undefined) checkEffects(effectsIfRemoved, "effectsIfRemoved");
    this.#process.checkOpen();
    return await this.#submit(cancelOf(jobId, this.#prepare(effectsIfRemoved)));
  }

  async wake(jobId: string, payload?: Uint8Array): Promise<WakeResult> {
    const { woken } = await this.commit({ wake: [{ jobId, payload }] });
    return woken[0] as WakeResult;
  }

  async requeueDead(jobId: string): Promise<void> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    this.#process.checkOpen();
    await this.#submit(requeueOf(jobId));
  }

  async waitForCompletion(jobId: string, options: WaitOptions = {}): Promise<CompletionOutcome> {
    checkId(jobId, "WF_INVALID_JOB_ID");
    checkCallOptions(options);
    this.#process.checkOpen();
    return await this.#process.completions.wait(jobId, options);
  }

  /**
   * Writes what is under way, then lets go of the database. Claims that are still open are given back when
   * their leases end. A pool of the program's is left open.
   */
  close(): Promise<void> {
    return this.#process.close();
  }

  /** As {@link PostgresQueue.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepare(effects: Effects | undefined): PreparedEffects {
    return prepareEffects(this.#process, effects);
  }

  async #submit<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T> {
    this.#process.checkOpen();
    return await this.#process.commits.submit(operation, signal);
  }

  /** Ends a delivery; the claim stays open where that is refused. */
  async #settle<T>({ claim }: Delivery, operation: Operation<T>): Promise<T> {
    const answer = await this.#submit(operation);
    this.#process.claims.settle(claim);
    return answer;
  }

  /** What a settlement works on, refused for bad effects and for a claim that is not this queue's. */
  #delivery(claim: Claim, effects: Effects | undefined, name = "effects"): Delivery {
    if (effects !== undefined) checkEffects(effects, name);
    const { claims } = this.#process;
    if (!(claim instanceof JobClaim) || claim.claims !== claims) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        "only a claim that this queue object gave out can be settled, not a job that was read",
      );
    }
    this.#process.checkOpen();
    claim.check();
    return { claim, onLost: () => claims.lose(claim) };
  }

  #backoffOf({ job, backoff }: JobClaim): number {
    const own = backoff === undefined ? undefined : (JSON.parse(backoff) as Backoff);
    const used = own ?? this.#process.configOf(job.queue).backoff;
    return backoffMs(used, job.attempts, this.#process.random);
  }
}

function recorded(error: string): string {
  return error.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
