import { type Clock, type Logger, type ObjectStore, type RandomSource, WfError } from "@wf/core";
import {
  checkBoolean,
  checkClock,
  checkKeyPrefix,
  checkLogger,
  checkObject,
  checkObjectStore,
  checkOptions,
  checkRandom,
  type OptionNames,
} from "@wf/core/adapter";
import { DepartingQueue, type Departure, readDeparture } from "@wf/queue-object-store";
import { type PostgresQueueOptions, resolveOptions } from "../options.ts";
import { importQueue } from "./import-queue.ts";
import type { MoveCounts } from "./move-record.ts";
import { MoveTarget } from "./move-target.ts";

/** Where the queue is that moves. */
export interface MoveSource {
  /** The object store that holds it. */
  readonly store: ObjectStore;
  /** The `prefix` that the queue is opened with. */
  readonly prefix: string;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: the platform's. */
  readonly random?: RandomSource | undefined;
  /** Default: logs nothing. */
  readonly logger?: Logger | undefined;
}

/** What {@link moveQueue} takes. */
export interface MoveOptions {
  /** The queue in the object store. */
  readonly from: MoveSource;
  /** Of these, what says where the database is and which schema. */
  readonly to: PostgresQueueOptions;
}

export interface MoveResult extends MoveCounts {
  /** False: the move had brought everything before, and there was nothing left to copy. */
  readonly copied: boolean;
}

/** What {@link undoMove} takes. */
export interface UndoOptions {
  /** The queue in the object store, as it was given to the move. */
  readonly from: MoveSource;
  /** `"gone"`: the database is lost. Nobody looks there then, so be sure that nothing runs on it, or ever will. */
  readonly to: PostgresQueueOptions | "gone";
  /**
   * Whether to give up what has happened there since the move. What was done since is done again by the queue in
   * the bucket, and what was enqueued since is lost. Default: it is refused then.
   */
  readonly discard?: boolean | undefined;
}

const MOVE_NAMES: OptionNames<MoveOptions> = { from: true, to: true };
const UNDO_NAMES: OptionNames<UndoOptions> = { from: true, to: true, discard: true };
const SOURCE_NAMES: OptionNames<MoveSource> = {
  store: true,
  prefix: true,
  clock: true,
  random: true,
  logger: true,
};

/** Others that try to open the queue meanwhile are refused, but end this one's ownership. */
const MAX_TRIES = 10;

/**
 * Moves a queue from an object store to PostgreSQL, with everything in it: jobs in all states, with their ids,
 * order, attempts, times, dedup keys and payloads, and the KV, and the workflow runs with that. Outputs of steps and
 * outcomes of runs that are objects of their own stay in the object store.
 *
 * The queue is taken over from its owner, if it has one. What was claimed is pending again. From the first write on
 * `ObjectStoreQueue.open` refuses with WF_QUEUE_MOVED, for good when this resolves. All jobs appear in the schema in
 * one transaction. Whatever interrupts it: run it again and it goes on, or undo it.
 *
 * @throws WF_INVALID_STATE where the schema holds another queue, or this one moves to another place
 * @throws WF_STORE_NOT_INITIALIZED where there is no such queue, or no such database
 * @throws WF_LAYOUT_UNSUPPORTED where a newer version of wf has been at either end
 * @throws WF_PAYLOAD_MISSING, WF_DATA_CORRUPT naming a job whose payload is lost: undo, mend or cancel it, move again
 * @throws WF_FENCED where another process opened the queue before it was marked: stop its workers first
 * @throws what the store and the database throw; WF_STORE_OUTCOME_UNKNOWN: run it again, it finds out
 */
export async function moveQueue(options: MoveOptions): Promise<MoveResult> {
  checkOptions(options, "options", MOVE_NAMES);
  const { from, to } = options;
  checkSource(from);
  checkObject(to, "to");
  const target = await MoveTarget.open(to, { create: true });
  try {
    const progress: Progress = { copied: undefined };
    const counts = await untilOwned(() => move(from, target, progress));
    return { ...counts, copied: progress.copied !== undefined };
  } finally {
    await target.close();
  }
}

/**
 * Undoes a move, finished or not: the schema is empty and the queue in the object store is open to its owner, as it
 * was when it was moved. Run again where it was interrupted.
 *
 * @throws WF_INVALID_STATE where the queue was not moved, or to another place, or the queue there has been worked on
 *   since (without `discard`)
 * @throws as {@link moveQueue}
 */
export async function undoMove(options: UndoOptions): Promise<void> {
  checkOptions(options, "options", UNDO_NAMES);
  const { from, to, discard = false } = options;
  checkSource(from);
  checkBoolean(discard, "discard");
  if (to !== "gone") {
    checkObject(to, "to");
    resolveOptions(to);
  }
  const departure = await readDeparture(from.store, from);
  if (departure === undefined) {
    throw new WfError(
      "WF_INVALID_STATE",
      `the queue at ${from.prefix} was not moved: there is nothing to undo`,
    );
  }
  if (to === "gone") return await untilOwned(() => stay(from, departure.id));
  const target = await MoveTarget.open(to, { create: false });
  try {
    await untilOwned(() => undo(from, target, discard));
  } finally {
    await target.close();
  }
}

/** Before anything is written at the other end, which is opened first. */
function checkSource(from: MoveSource): void {
  checkOptions(from, "from", SOURCE_NAMES);
  checkObjectStore(from.store, "from.store");
  checkKeyPrefix(from.prefix, "from.prefix");
  if (from.clock !== undefined) checkClock(from.clock);
  if (from.random !== undefined) checkRandom(from.random);
  if (from.logger !== undefined) checkLogger(from.logger);
}

interface Progress {
  /** The id of the move, once this process has brought everything, which the source may not yet say. */
  copied: string | undefined;
}

async function move(from: MoveSource, target: MoveTarget, progress: Progress): Promise<MoveCounts> {
  await using opened = new Opened(from);
  const { id, counts, isNew } = await target.exclusively(async (session) => {
    const recorded = await target.record.read(session);
    if (progress.copied !== undefined && recorded.move?.id !== progress.copied) throw undone(from);
    // Refused without a touch of the source, whose owner may be at work.
    if (recorded.move !== undefined) await checkIsThis(from, recorded.move.id, target);
    else if (!(await target.isEmpty(session))) throw occupied(target);
    const source = await opened.open();
    const { departure } = source;
    checkPlace(from, departure, recorded.target);
    if (recorded.move !== undefined) {
      const { id, counts } = recorded.move;
      if (departure?.id !== id) throw otherMove(from, target);
      return { id, counts, isNew: false };
    }
    if (departure?.state === "moved") throw lost(from, departure);
    const id = departure?.id ?? target.newToken();
    if (departure === undefined)
      await opened.mark("moving", id, recorded.target, await target.describe(session));
    const counts = await importQueue(session, target.schema, source);
    await target.record.write(session, id, counts);
    return { id, counts, isNew: true };
  });
  if (isNew) progress.copied = id;
  const source = await opened.open();
  const { departure } = source;
  if (departure?.id === id && departure.state === "moving") {
    await source.mark({ ...departure, state: "moved" });
  }
  return counts;
}

async function undo(from: MoveSource, target: MoveTarget, discard: boolean): Promise<void> {
  await using opened = new Opened(from);
  const id = await target.exclusively(async (session) => {
    const recorded = await target.record.read(session);
    const source = await opened.open();
    const { departure } = source;
    if (departure === undefined) return undefined;
    checkPlace(from, departure, recorded.target);
    const { move } = recorded;
    if (move === undefined) return departure.id;
    if (move.id !== departure.id) throw otherMove(from, target);
    if (!discard && !(await target.record.isUntouched(session, move.counts)))
      throw workedOn(target);
    // From here on it says that it is between the two, until one of them has everything.
    if (departure.state === "moved") await source.mark({ ...departure, state: "moving" });
    await target.empty(session);
    await target.record.clear(session);
    return departure.id;
  });
  if (id !== undefined) await stayNow(opened, id);
}

async function stay(from: MoveSource, id: string): Promise<void> {
  await using opened = new Opened(from);
  await stayNow(opened, id);
}

async function stayNow(opened: Opened, id: string): Promise<void> {
  const source = await opened.open();
  if (source.departure?.id === id) await source.mark(undefined);
}

/** The source, once it is open. */
class Opened implements AsyncDisposable {
  readonly #from: MoveSource;
  #source: DepartingQueue | undefined;

  constructor(from: MoveSource) {
    this.#from = from;
  }

  async open(): Promise<DepartingQueue> {
    const { store, ...options } = this.#from;
    this.#source ??= await DepartingQueue.open(store, options);
    return this.#source;
  }

  async mark(state: Departure["state"], id: string, target: string, to: string): Promise<void> {
    await (await this.open()).mark({ state, id, target, to });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source?.close();
  }
}

/** Tries again where somebody has opened the source meanwhile, who can only have been refused. */
async function untilOwned<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!WfError.is(error, "WF_FENCED") || tries === MAX_TRIES) throw error;
    }
  }
}

async function checkIsThis(from: MoveSource, id: string, target: MoveTarget): Promise<void> {
  const departure = await readDeparture(from.store, from);
  if (departure?.id !== id) throw otherMove(from, target);
}

function checkPlace(
  { prefix }: MoveSource,
  departure: Departure | undefined,
  target: string,
): void {
  if (departure === undefined || departure.target === target) return;
  const { state, to } = departure;
  throw new WfError(
    "WF_INVALID_STATE",
    `the queue at ${prefix} ${state === "moved" ? "was moved" : "is being moved"} to ${to}, which is not the place ` +
      `given: give that one`,
  );
}

function occupied({ schema }: MoveTarget): WfError {
  return new WfError(
    "WF_INVALID_STATE",
    `schema "${schema.name}" has a queue that was used: move to an empty schema; nothing was changed`,
  );
}

function otherMove({ prefix }: MoveSource, { schema }: MoveTarget): WfError {
  return new WfError(
    "WF_INVALID_STATE",
    `schema "${schema.name}" holds a queue that was moved there, and it is not the one at ${prefix}; ` +
      `nothing was changed`,
  );
}

function lost({ prefix }: MoveSource, { to }: Departure): WfError {
  return new WfError(
    "WF_INVALID_STATE",
    `the queue at ${prefix} was moved to ${to}, and there is nothing of it there any more: restore that database, ` +
      `or undo the move to go on from how the queue was`,
  );
}

function undone({ prefix }: MoveSource): WfError {
  return new WfError(
    "WF_INVALID_STATE",
    `the queue at ${prefix} was moved, and at the same time somebody has undone it: nothing is there any more`,
  );
}

function workedOn({ schema }: MoveTarget): WfError {
  return new WfError(
    "WF_INVALID_STATE",
    `the queue in schema "${schema.name}" has been worked on since the move: to undo it would do that work again ` +
      `and lose what is new; give \`discard\` if you want that`,
  );
}
