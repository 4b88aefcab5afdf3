import type { Database } from "../database/database.ts";
import { type Call, call, type Session, type Statement, unprepared } from "../database/session.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import { ChangeSet } from "./change-set.ts";
import type { Mark, MarkedWork } from "./lanes.ts";
import type { KeyLocks } from "./locks.ts";
import type { Decision, Operation, Reach } from "./operation.ts";
import { Picture } from "./picture.ts";
import { type Reading, type ReadName, readingsFor } from "./read-statements.ts";
import type { WriteName } from "./write-statements.ts";

/** What batches are made with. */
export interface BatchTools {
  readonly database: Database;
  readonly clock: QueueClock;
  readonly locks: KeyLocks;
  readonly read: Readonly<Record<ReadName, Statement>>;
  readonly write: Readonly<Record<WriteName, Statement>>;
  /** Of `names`, the queues that may never have had a job. */
  newNames(names: ReadonlySet<string>): readonly string[];
}

export interface Member {
  readonly operation: Operation<unknown>;
  readonly reach: Reach;
}

/** What became of an operation. */
export type Outcome = { readonly answer: unknown } | { readonly refusal: unknown };

export interface Batched {
  readonly outcomes: readonly Outcome[];
  readonly changes: ChangeSet;
}

/**
 * Operations that share a transaction: what they depend on is locked and read, each is decided in turn upon
 * what the ones before it have left, and the changes of all that were not refused are written together.
 */
export class Batch implements MarkedWork<Batched> {
  readonly isDivisible = true;
  readonly deadline: number;
  readonly #tools: BatchTools;
  readonly #members: readonly Member[];
  #readsClaims = false;
  #last: Batched = { outcomes: [], changes: new ChangeSet() };

  constructor(tools: BatchTools, members: readonly Member[], deadline: number) {
    this.#tools = tools;
    this.#members = members;
    this.deadline = deadline;
  }

  get name(): string {
    return [...new Set(this.#members.map(({ operation }) => operation.name))].join(", ");
  }

  async attempt(session: Session, mark: Mark): Promise<Batched> {
    const { database, locks, read, clock } = this.#tools;
    const reaches = this.#members.map(({ reach }) => reach);
    const readings = readingsFor(read, reaches, this.#readsClaims, clock.parameter);
    const locking = locks.statementFor(reaches);
    const picture = new Picture(this.#readsClaims);
    const before: Call[] = [database.begin()];
    if (locking !== undefined) before.push(call(unprepared(locking)));
    // Awaited, because without the transaction every write would be one of its own.
    await look(session, before, readings, picture);
    const batched = decide(this.#members, picture);
    this.#last = batched;
    const { changes } = batched;
    // Whoever claimed at this moment has passed them by.
    for (const queue of picture.pendingQueues()) changes.addReady(queue);
    const newNames = this.#tools.newNames(changes.queues);
    const writes = changes.calls(this.#tools.write, clock.parameter, mark.lane, newNames);
    await session.commit(changes.isEmpty ? [] : [mark.call, ...writes]);
    return batched;
  }

  async recovered(): Promise<Batched> {
    return this.#last;
  }

  assumeNothing(): void {
    this.#readsClaims = true;
  }
}

/** Runs the readings after `before`, and shows what they find. */
export async function look(
  session: Session,
  before: readonly Call[],
  readings: readonly Reading[],
  picture: Picture,
): Promise<void> {
  const results = await session.runAll([...before, ...readings.map(({ call }) => call)]);
  for (const [index, { show }] of readings.entries()) {
    for (const row of results[before.length + index] ?? []) show(picture, row);
  }
}

/** Each operation in turn; one that is refused leaves nothing. */
export function decide(members: readonly Member[], picture: Picture): Batched {
  const changes = new ChangeSet();
  const outcomes = members.map(({ operation }): Outcome => {
    let decision: Decision<unknown>;
    try {
      decision = operation.decide(picture);
    } catch (refusal) {
      return { refusal };
    }
    picture.apply(decision.changes);
    changes.add(decision.changes);
    return { answer: decision.answer };
  });
  return { outcomes, changes };
}
