import { WfError } from "@wf/core";
import { type Database, DatabaseFailure } from "../database/database.ts";
import { storeError } from "../database/failures.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import { Batch, type Batched, type BatchTools, type Member } from "./batch.ts";
import type { Happened } from "./change-set.ts";
import type { Lanes } from "./lanes.ts";
import { MAX_KEY_LOCKS } from "./locks.ts";
import { type Operation, Reach } from "./operation.ts";
import { Traffic } from "./traffic.ts";

/** Of one batch. */
const MAX_OPERATIONS = 1_000;
const MAX_BYTES = 8 * 1_048_576;
/** Operations looked at for one batch, where many have to wait for others. */
const MAX_LOOKED_AT = 4_000;

interface Waiting extends Member {
  readonly submittedAt: number;
  /**
   * Times that it was in a transaction that something was in the way of. From the first on it has one to itself.
   */
  tries: number;
  /** It cannot be taken back any more. */
  begin(): void;
  resolve(answer: unknown): void;
  reject(reason: unknown): void;
}

/**
 * Gathers the operations of this process: all that arrive while the lanes are at work share the next
 * transaction. Operations that touch the same things are done in the order in which they came.
 */
export class CommitQueue {
  readonly #tools: BatchTools;
  readonly #lanes: Lanes;
  readonly #clock: QueueClock;
  readonly #database: Database;
  readonly #happened: (happened: Happened) => void;
  #waiting = new Set<Waiting>();
  readonly #traffic = new Traffic();
  #underWay = 0;
  #isStarting = false;
  /** Whether the last transaction was for one that has it to itself: then the others have their turn. */
  #wasAlone = false;
  #onDrained: (() => void) | undefined;

  /** @param happened is told of changes as soon as they are durable, before their callers are */
  constructor(tools: BatchTools, lanes: Lanes, happened: (happened: Happened) => void) {
    this.#tools = tools;
    this.#lanes = lanes;
    this.#clock = tools.clock;
    this.#database = tools.database;
    this.#happened = happened;
  }

  /** @param signal takes the operation back as long as it is not under way */
  submit<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        if (this.#waiting.delete(waiting)) reject(signal?.reason);
      };
      const waiting: Waiting = {
        operation,
        reach: new Reach(operation),
        submittedAt: this.#clock.now(),
        tries: 0,
        begin: () => signal?.removeEventListener("abort", onAbort),
        resolve: resolve as (answer: unknown) => void,
        reject,
      };
      this.#waiting.add(waiting);
      signal?.addEventListener("abort", onAbort);
      this.#startSoon();
    });
  }

  /** Resolves when all that was submitted is settled. */
  async drained(): Promise<void> {
    if (this.#waiting.size === 0 && this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
  }

  /** Once those who submit at this moment have all done so. */
  #startSoon(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#waiting.size > 0 && this.#lanes.hasFree) {
      const members = this.#take();
      if (members.length === 0) return;
      void this.#run(members);
    }
  }

  /** The operations for the next transaction. */
  #take(): Waiting[] {
    const { group, lone } = this.#gather();
    // In turns, so that what waits for others' locks does not hold up the rest.
    this.#wasAlone = lone !== undefined && (group.length === 0 || !this.#wasAlone);
    const members = this.#wasAlone && lone !== undefined ? [lone] : group;
    for (const waiting of members) {
      this.#waiting.delete(waiting);
      waiting.begin();
    }
    return members;
  }

  /**
   * From the first on, what is not in the way of anything before it: those that may share a transaction, and
   * the one that was tried least among those that are to have one to themselves.
   */
  #gather(): { group: Waiting[]; lone: Waiting | undefined } {
    const group: Waiting[] = [];
    let lone: Waiting | undefined;
    const skipped = new Traffic();
    const jobs = new Set<string>();
    let bytes = 0;
    let locks = 0;
    let lookedAt = 0;
    for (const waiting of this.#waiting) {
      if (group.length === MAX_OPERATIONS || ++lookedAt > MAX_LOOKED_AT) break;
      const { reach, operation, tries } = waiting;
      const isFree = !this.#traffic.isInWay(reach) && !skipped.isInWay(reach);
      const moreBytes = bytes + operation.effects.bytes;
      const moreLocks = locks + reach.kvReads.length + reach.kvWrites.length;
      const fits = group.length === 0 || (moreBytes <= MAX_BYTES && moreLocks <= MAX_KEY_LOCKS);
      if (tries > 0 || !isFree || !fits || sharesJob(reach, jobs)) {
        if (isFree && tries > 0 && tries < (lone?.tries ?? Number.POSITIVE_INFINITY))
          lone = waiting;
        skipped.add(reach);
        continue;
      }
      group.push(waiting);
      for (const id of reach.jobs()) jobs.add(id);
      bytes = moreBytes;
      locks = moreLocks;
    }
    return { group, lone };
  }

  async #run(members: readonly Waiting[]): Promise<void> {
    this.#underWay++;
    for (const { reach } of members) this.#traffic.add(reach);
    try {
      await this.#settle(members);
    } finally {
      for (const { reach } of members) this.#traffic.remove(reach);
      this.#underWay--;
      this.#start();
      if (this.#waiting.size === 0 && this.#underWay === 0) this.#onDrained?.();
    }
  }

  async #settle(members: readonly Waiting[]): Promise<void> {
    const oldest = Math.min(...members.map(({ submittedAt }) => submittedAt));
    const batch = new Batch(this.#tools, members, oldest + this.#database.retryForMs);
    let batched: Batched;
    try {
      batched = await this.#lanes.run(batch);
    } catch (error) {
      return this.#fail(members, batch, error);
    }
    this.#happened(batched.changes);
    for (const [index, outcome] of batched.outcomes.entries()) {
      const member = members[index] as Waiting;
      if ("refusal" in outcome) member.reject(outcome.refusal);
      else member.resolve(outcome.answer);
    }
  }

  #fail(members: readonly Waiting[], batch: Batch, error: unknown): void {
    let reason = error;
    if (error instanceof DatabaseFailure) {
      const isPassing = error.failure.reaction === "split" && this.#clock.now() < batch.deadline;
      if (isPassing || members.length > 1) return this.#tryApart(members);
      reason = storeError(error.failure, error.cause, `could not ${batch.name}`);
    }
    for (const member of members) member.reject(reason);
  }

  /** Each in a transaction of its own, in their places before those who came later. */
  #tryApart(members: readonly Waiting[]): void {
    for (const member of members) member.tries++;
    this.#waiting = new Set([...members, ...this.#waiting]);
  }
}

function sharesJob(reach: Reach, jobs: ReadonlySet<string>): boolean {
  for (const id of reach.jobs()) if (jobs.has(id)) return true;
  return false;
}

export function closedError(): WfError {
  return new WfError("WF_CLOSED", "the queue is closed; open it again to go on");
}
