import {
  type CommitResult,
  type Effects,
  type EnqueueOptions,
  type EnqueueRequest,
  type EnqueueResult,
  WfError,
} from "@wf/core";
import { checkEffects, checkEnqueue, checkList } from "@wf/core/adapter";
import { decide, look } from "./commit/batch.ts";
import { Reach } from "./commit/operation.ts";
import { commitOf } from "./commit/operations.ts";
import { Picture } from "./commit/picture.ts";
import { type PreparedEffects, prepareEffects } from "./commit/prepared-effects.ts";
import { readingsFor } from "./commit/read-statements.ts";
import { arrays } from "./database/array-parameter.ts";
import type { PostgresClient } from "./database/client.ts";
import { classify, storeError } from "./database/failures.ts";
import { call, Session, unprepared } from "./database/session.ts";
import type { QueueProcess } from "./queue-process.ts";
import { NOTIFY } from "./wakeups/announcer.ts";
import { encodeMessage } from "./wakeups/message.ts";

const SAVEPOINT = unprepared("SAVEPOINT wf_queue");
const RELEASE = unprepared("RELEASE SAVEPOINT wf_queue");
const ROLLBACK = unprepared("ROLLBACK TO SAVEPOINT wf_queue");
/** A statement that is its own transaction begins with it. */
const WHERE_AM_I = unprepared(
  "SELECT statement_timestamp() > transaction_timestamp(), current_setting('transaction_isolation')",
);
/** The last call on each client: savepoints of several at a time would get into each other. */
const UNDER_WAY = new WeakMap<PostgresClient, Promise<unknown>>();
/** Times that others may insert the same id or dedup key at the same moment. */
const MAX_TRIES = 10;

/**
 * What can be done to a queue in a transaction of the program's own. It is durable, and visible to anyone else,
 * when that transaction commits, and has never been if it does not.
 *
 * The transaction has to be READ COMMITTED, PostgreSQL's default. The KV keys that a commit names stay locked until
 * it ends, so it should end soon. A call that fails leaves the transaction as it was before it.
 */
export interface TransactionQueue {
  /** One enqueue; errors as `commit`. */
  enqueue(queue: string, payload: Uint8Array, options?: EnqueueOptions): Promise<EnqueueResult>;

  /** Several enqueues, all or none, answered in their order. */
  enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueResult[]>;

  /**
   * Applies all of `effects` within the transaction, or nothing.
   *
   * @throws as `Queue.commit`; WF_INVALID_ARGUMENT where no READ COMMITTED transaction is under way; WF_STORE_UNAVAILABLE
   *   and the like for what the database refuses
   */
  commit(effects: Effects): Promise<CommitResult>;
}

/** See {@link TransactionQueue}. */
export class ClientTransactionQueue implements TransactionQueue {
  readonly #process: QueueProcess;
  readonly #client: PostgresClient;
  readonly #session: Session;

  constructor(process: QueueProcess, client: PostgresClient) {
    this.#process = process;
    this.#client = client;
    this.#session = new Session(client, { pipelined: false, prepares: false });
  }

  async enqueue(
    queue: string,
    payload: Uint8Array,
    options: EnqueueOptions = {},
  ): Promise<EnqueueResult> {
    checkEnqueue(queue, payload, options);
    const { enqueued } = await this.commit({ enqueue: [{ ...options, queue, payload }] });
    return enqueued[0] as EnqueueResult;
  }

  async enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueResult[]> {
    checkList(requests, "requests");
    return (await this.commit({ enqueue: requests })).enqueued;
  }

  async commit(effects: Effects): Promise<CommitResult> {
    checkEffects(effects);
    this.#process.checkOpen();
    const prepared = prepareEffects(this.#process, effects);
    const before = UNDER_WAY.get(this.#client);
    const applied = (async () => {
      await before?.catch(() => {}); // told to whoever made that call
      return await this.#applyOnce(prepared);
    })();
    UNDER_WAY.set(this.#client, applied);
    return await applied;
  }

  async #applyOnce(prepared: PreparedEffects): Promise<CommitResult> {
    await this.#guarded(() => this.#checkTransaction());
    for (let tries = 1; ; tries++) {
      await this.#guarded(() => this.#session.run(SAVEPOINT));
      try {
        const result = await this.#apply(prepared);
        await this.#session.run(RELEASE);
        return result;
      } catch (error) {
        await this.#guarded(() => this.#session.runAll([call(ROLLBACK), call(RELEASE)]));
        if (error instanceof WfError) throw error;
        if (!isTaken(error) || tries === MAX_TRIES) throw failed(error);
      }
    }
  }

  async #checkTransaction(): Promise<void> {
    const [row] = await this.#session.run(WHERE_AM_I);
    const [isWithin, isolation] = row ?? [];
    if (isWithin === "t" && isolation === "read committed") return;
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      isWithin === "t"
        ? `the transaction is ${isolation}: begin it as READ COMMITTED, because a commit has to see what others ` +
            `have committed before it`
        : "no transaction is under way on this client: BEGIN one, or use the queue itself",
    );
  }

  async #apply(effects: PreparedEffects): Promise<CommitResult> {
    const { tools } = this.#process;
    const { clock, locks, read, write } = tools;
    const operation = commitOf("commit", effects);
    const reach = new Reach(operation);
    const locking = locks.statementFor([reach]);
    const before = locking === undefined ? [] : [call(unprepared(locking))];
    const picture = new Picture(true);
    await look(this.#session, before, readingsFor(read, [reach], true, clock.parameter), picture);
    const { outcomes, changes } = decide([{ operation, reach }], picture);
    const [outcome] = outcomes;
    if (outcome === undefined || "refusal" in outcome) throw outcome?.refusal;
    const newNames = tools.newNames(changes.queues);
    await this.#session.runAll(changes.calls(write, clock.parameter, NO_LANE, newNames));
    await this.#notify(changes);
    return outcome.answer as CommitResult;
  }

  /** Told by the server when the transaction commits. */
  async #notify(changes: ReturnType<typeof decide>["changes"]): Promise<void> {
    const { options, clock } = this.#process;
    const dueAt = Math.min(changes.nextRunAt, clock.now() + changes.nextDelayMs);
    const payloads = encodeMessage({
      ready: [...changes.ready].map(([queue, { lowest }]) => ({ queue, lowest })),
      ...(dueAt < Number.POSITIVE_INFINITY && { dueAt }),
    });
    if (payloads.length === 0) return;
    await this.#session.run(NOTIFY, options.schema.channel, arrays.text(payloads));
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof WfError ? error : failed(error);
    }
  }
}

/** Nothing is counted by a lane in these transactions, because they end no deliveries. */
const NO_LANE = "0";

function isTaken(error: unknown): boolean {
  return (error as { code?: unknown }).code === "23505";
}

function failed(error: unknown): WfError {
  return storeError(classify(error, "work"), error, "could not commit to the queue");
}
