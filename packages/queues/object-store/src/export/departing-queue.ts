import { hostname } from "node:os";
import { pid } from "node:process";
import { type KeyValueEntry, type ObjectStore, StoreError } from "@wf/core";
import { checkObject, checkObjectStore } from "@wf/core/adapter";
import { OpTag } from "../layout/op.ts";
import { ByteBudget } from "../log/byte-budget.ts";
import { LogWriter } from "../log/log-writer.ts";
import { PatientObjectStore } from "../log/patient-object-store.ts";
import { Ticket } from "../log/ticket.ts";
import { type ObjectStoreQueueOptions, type ResolvedOptions, resolveOptions } from "../options.ts";
import { PayloadObjects } from "../payloads/payload-objects.ts";
import { ObjectStoreQueueReader } from "../reader/object-store-queue-reader.ts";
import { recover } from "../recover.ts";
import type { QueueState } from "../state/queue-state.ts";
import {
  checkDeparture,
  DEPARTURE_KEY,
  type Departure,
  decodeDeparture,
  departureOf,
  encodeDeparture,
} from "./departure.ts";
import { type ExportedJob, exportJobs } from "./exported-job.ts";

/** Where the queue is, as its owner opens it: see {@link ObjectStoreQueueOptions}. */
export type DepartingQueueOptions = Pick<
  ObjectStoreQueueOptions,
  "prefix" | "clock" | "random" | "logger"
>;

const OWNER_ID_BYTES = 16;

/**
 * A queue as one who moves it elsewhere needs it: taken over from its owner, with everything in it to be read, and
 * with the one mark that it goes. Nothing happens in it by itself: no job falls due, is given back or is removed.
 */
export class DepartingQueue {
  readonly #options: ResolvedOptions;
  readonly #state: QueueState;
  readonly #log: LogWriter;
  readonly #payloads: PayloadObjects;

  /**
   * Takes the queue over, also one that has moved. When it resolves, no earlier owner can acknowledge anything.
   *
   * @throws WF_STORE_NOT_INITIALIZED where there is no queue, and what `ObjectStoreQueue.open` throws but for
   *   WF_QUEUE_MOVED
   */
  static async open(store: ObjectStore, options: DepartingQueueOptions): Promise<DepartingQueue> {
    checkObjectStore(store);
    const resolved = resolveOptions(options);
    const { prefix, clock, random } = resolved;
    const patient = new PatientObjectStore(store, resolved);
    await checkExists(patient, prefix);
    const ownerId = Buffer.from(Array.from({ length: OWNER_ID_BYTES }, () => random() * 256));
    const { state, epoch } = await recover(patient, prefix, {
      ownerId: ownerId.toString("hex"),
      openedAt: clock.now(),
      host: hostname(),
      processId: pid,
    });
    return new DepartingQueue(store, patient, resolved, { state, epoch, ownerId });
  }

  private constructor(
    store: ObjectStore,
    patient: ObjectStore,
    options: ResolvedOptions,
    taken: { readonly state: QueueState; readonly epoch: number; readonly ownerId: Uint8Array },
  ) {
    const { state, epoch, ownerId } = taken;
    this.#options = options;
    this.#state = state;
    // One of thousands that fails in passing does not end the move.
    this.#payloads = new PayloadObjects({ ...options, store: patient }, options.prefix);
    this.#log = new LogWriter({
      ...options,
      budget: new ByteBudget(options.pendingMaxBytes),
      store,
      epoch,
      ownerId,
      onAppend() {},
      onCut() {},
      onDurable({ tickets }) {
        for (const ticket of tickets) {
          for (const op of ticket.ops) state.apply(op);
          ticket.acknowledge();
        }
      },
      onFailure() {}, // those who wait are told by their tickets
    });
  }

  /** What the queue says of where it goes; undefined: it stays. */
  get departure(): Departure | undefined {
    return departureOf(this.#state);
  }

  /**
   * Sets what the queue says of where it goes; undefined: it stays. Durable when resolved. While it says something,
   * `ObjectStoreQueue.open` refuses.
   *
   * @throws WF_FENCED where another process has opened the queue since; it is not set then
   */
  async mark(departure: Departure | undefined): Promise<void> {
    if (departure !== undefined) checkDeparture(departure);
    if (this.#log.failure !== undefined) throw this.#log.failure;
    const key = DEPARTURE_KEY;
    const op =
      departure === undefined
        ? ({ tag: OpTag.delete, key } as const)
        : ({ tag: OpTag.put, key, value: encodeDeparture(departure) } as const);
    const ticket = new Ticket([op], undefined, this.#options.clock.now());
    this.#log.append([op], ticket);
    await ticket.promise;
  }

  /** Names that ever had a job, in order, and how many of each were ever acknowledged. */
  queues(): { readonly name: string; readonly done: number }[] {
    return [...this.#state.queues.values()]
      .map(({ name, doneCount }) => ({ name, done: doneCount }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * All jobs in all states, with their payloads wherever those are, up to 8 of which are fetched at a time. What was
   * claimed is nobody's: see {@link ExportedJob.state}.
   *
   * @throws WF_PAYLOAD_MISSING, WF_DATA_CORRUPT naming the job, and what the store throws
   */
  jobs(): AsyncGenerator<ExportedJob> {
    return exportJobs(this.#state, this.#payloads, this.#options.clock.now());
  }

  /** All KV entries, the runtime's too, but for the mark. The values are views, to be read only. */
  *entries(): Generator<KeyValueEntry> {
    for (const { key, value } of this.#state.kv.walk()) {
      if (key !== DEPARTURE_KEY) yield { key, value };
    }
  }

  /** Ends the ownership. Never fails: an end that could not be written is found out by the next owner. */
  async close(): Promise<void> {
    try {
      await this.#log.seal();
    } catch (error) {
      this.#options.logger.info({ err: error }, "a queue that was being moved was not sealed");
    }
  }
}

/**
 * What the queue says of where it goes, read without taking it over; undefined: it stays.
 *
 * @throws WF_STORE_NOT_INITIALIZED where there is no queue, and what `ObjectStoreQueueReader.open` throws
 */
export async function readDeparture(
  store: ObjectStore,
  options: DepartingQueueOptions,
): Promise<Departure | undefined> {
  checkObject(options, "options");
  const { prefix, clock, random, logger } = options;
  const reader = await ObjectStoreQueueReader.open(store, { prefix, clock, random, logger });
  try {
    const stored = await reader.kv.get(DEPARTURE_KEY);
    return stored && decodeDeparture(stored);
  } finally {
    await reader.close();
  }
}

async function checkExists(store: ObjectStore, prefix: string): Promise<void> {
  for await (const _ of store.list(`${prefix}/`)) return;
  throw new StoreError(
    "WF_STORE_NOT_INITIALIZED",
    `there is no queue at ${prefix}: nobody has opened one there, or the prefix is another`,
  );
}
