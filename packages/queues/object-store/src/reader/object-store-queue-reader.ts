import {
  type Clock,
  isPermanent,
  type Job,
  type KeyValueReader,
  type ObjectStore,
  type QueueInspector,
  WfError,
} from "@wf/core";
import { checkObjectStore } from "@wf/core/adapter";
import type { Position } from "../layout/position.ts";
import type { Liveness } from "../liveness/liveness.ts";
import { PayloadObjects } from "../payloads/payload-objects.ts";
import type { JobRecord } from "../state/job-record.ts";
import { StateInspector } from "../state-inspector.ts";
import { StateKeyValues } from "../state-key-values.ts";
import type { Fold } from "./fold.ts";
import { Following, type FollowingFailure } from "./following.ts";
import { LogFollower } from "./log-follower.ts";
import { OwnerWatch } from "./owner-watch.ts";
import { ReadOnlyStore } from "./read-only-store.ts";
import {
  type ObjectStoreQueueReaderOptions,
  type ResolvedReaderOptions,
  resolveReaderOptions,
} from "./reader-options.ts";
import { ServedInspector } from "./served-inspector.ts";

/** How far a reader has come. Times are milliseconds, by the reader's clock. */
export interface ReaderLag {
  /** The next slot of the log; everything before it is in what is read. */
  readonly position: Position;
  /** Since the Unix epoch: all that was in the store at that time is in what is read. */
  readonly checkedAt: number;
  /** How long ago that was: what is read is at most so old. At rest it goes up to 10 s and the poll interval. */
  readonly behindMs: number;
  /** Why it does not get on; undefined while all is well. */
  readonly failure: FollowingFailure | undefined;
}

/** What is read of one fold. */
interface View {
  readonly fold: Fold;
  readonly inspect: QueueInspector;
  readonly kv: KeyValueReader;
}

/**
 * The read side of an `ObjectStoreQueue`, from any process at any time, without write permission and unnoticed by
 * the owner: a fold over the queue's log in this process's memory, which follows the log by polling.
 *
 * What it shows is always the state after some commit that is durable, whole commits only, and never goes
 * back to an earlier one. How old it is at most, {@link ObjectStoreQueueReader.lag} says. Jobs that fall due are pending
 * by this reader's clock; claims of an owner that is gone are shown until the next owner gives them back.
 *
 * Reads are answered from memory and do not fail because the store does; only payloads that are objects of their
 * own are fetched. Damage is different: once WF_DATA_CORRUPT or WF_LAYOUT_UNSUPPORTED was found, reads
 * fail with it until what is damaged was restored.
 */
export class ObjectStoreQueueReader implements AsyncDisposable {
  /** By which jobs fall due, and ages are counted. */
  readonly clock: Clock;
  /** The jobs, as of {@link lag}. */
  readonly inspect: QueueInspector;
  /** The key-value entries, as of {@link lag}. */
  readonly kv: KeyValueReader;
  readonly #follower: LogFollower;
  readonly #following: Following;
  readonly #ownerWatch: OwnerWatch;
  readonly #payloads: PayloadObjects;
  readonly #closed: AbortController;
  readonly #running: Promise<void>;
  #view: View;

  /**
   * Reads the newest snapshot and the log after it, and follows the log from then on.
   *
   * @throws WF_STORE_NOT_INITIALIZED (safe) where nobody has opened the queue yet, WF_DATA_CORRUPT naming a
   *   damaged or missing object, WF_LAYOUT_UNSUPPORTED, bad options by their own codes, and what the store throws
   */
  static async open(
    store: ObjectStore,
    options: ObjectStoreQueueReaderOptions,
  ): Promise<ObjectStoreQueueReader> {
    checkObjectStore(store);
    const resolved = resolveReaderOptions(options);
    const closed = new AbortController();
    const readOnly = new ReadOnlyStore(store, closed.signal);
    const follower = await LogFollower.open({ ...resolved, store: readOnly });
    return new ObjectStoreQueueReader(readOnly, resolved, follower, closed);
  }

  private constructor(
    store: ReadOnlyStore,
    options: ResolvedReaderOptions,
    follower: LogFollower,
    closed: AbortController,
  ) {
    const { prefix, clock } = options;
    this.clock = clock;
    this.#follower = follower;
    this.#closed = closed;
    this.#payloads = new PayloadObjects({ ...options, store }, prefix);
    this.#ownerWatch = new OwnerWatch(store, prefix, clock, follower);
    this.#view = this.#viewOf(follower.fold);
    this.inspect = new ServedInspector(() => this.#present.inspect);
    this.kv = {
      get: async (key) => this.#present.kv.get(key),
      scan: async (keyPrefix, page) => this.#present.kv.scan(keyPrefix, page),
    };
    this.#following = new Following(follower, { ...options, signal: closed.signal });
    this.#running = this.#following.run();
  }

  /** How far it has come, how old what it shows can be, and what keeps it from getting on. */
  lag(): ReaderLag {
    const { fold, provenAt: checkedAt } = this.#follower;
    return {
      position: fold.certainTo,
      checkedAt,
      behindMs: this.clock.now() - checkedAt,
      failure: this.#following.failure,
    };
  }

  /**
   * Brings what is read up to all that is in the store when this is called.
   *
   * @throws WF_CLOSED, WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED, and what the store throws
   */
  async refresh(): Promise<void> {
    this.#closed.signal.throwIfAborted();
    await this.#following.look();
  }

  /**
   * Who opened the queue last, whether that one has closed it, and whether it is alive, which only an owner
   * with a `heartbeat` shows. Asks the store: a refresh, a list, and up to two gets.
   *
   * @throws as {@link refresh}
   */
  async liveness(): Promise<Liveness> {
    await this.refresh();
    return this.#ownerWatch.liveness();
  }

  /** Stops following. Nothing is asked of the store any more, and every call fails with WF_CLOSED. */
  async close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort(new WfError("WF_CLOSED", "the reader is closed; open it again to go on"));
    }
    await this.#running;
  }

  /** As {@link ObjectStoreQueueReader.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #present(): View {
    if (this.#view.fold !== this.#follower.fold) this.#view = this.#viewOf(this.#follower.fold);
    return this.#view;
  }

  #viewOf(fold: Fold): View {
    const { state } = fold;
    const checkReadable = () => this.#checkReadable();
    const bringUp = () => {
      this.#checkReadable();
      state.promoteDue(this.clock.now());
    };
    return {
      fold,
      inspect: new StateInspector(state, this.clock, bringUp, (record) => this.#job(record)),
      kv: new StateKeyValues(state, checkReadable),
    };
  }

  #checkReadable(): void {
    this.#closed.signal.throwIfAborted();
    const { failure } = this.#following;
    if (failure !== undefined && isPermanent(failure.error)) throw failure.error;
  }

  async #job(record: JobRecord): Promise<Job> {
    const job = record.toJob();
    const { payloadReference } = record;
    if (payloadReference === undefined) return job;
    try {
      return { ...job, payload: await this.#payloads.read(payloadReference) };
    } catch (error) {
      // Its job may have been removed since: whether it has, the present state says.
      if (WfError.is(error, "WF_PAYLOAD_MISSING")) await this.refresh();
      throw error;
    }
  }
}
