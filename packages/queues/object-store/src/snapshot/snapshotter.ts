import { snapshotPartKey, snapshotWholeKey } from "../layout/keys.ts";
import type { Position } from "../layout/position.ts";
import { encodeWholeSnapshot, SnapshotPartBuilder } from "../layout/snapshot.ts";
import { type CreateContext, createSurely } from "../log/create-surely.ts";
import type { DurableSlot } from "../log/log-writer.ts";
import type { QueueState } from "../state/queue-state.ts";
import { StateCapture } from "../state/state-capture.ts";
import type { Telemetry } from "../telemetry.ts";
import { GarbageCollector } from "./garbage-collector.ts";

/** A part is written before it has so many bytes, unless a single record has more. */
const PART_BYTES = 4 * 1_048_576;
/** What a part's buffer begins with where the last snapshot was small. */
const LEAST_PART_BYTES = 65_536;
/** Bytes that are encoded in one turn of the event loop, so that nobody waits long for theirs. */
const TURN_BYTES = 64 * 1_024;
/** What reading a segment or a seal costs at recovery beside its bytes, in bytes. */
export const OBJECT_COST_BYTES = 16 * 1_024;
/**
 * A snapshot pays when recovery reads so many times what a snapshot would have. A log of jobs that all wait is
 * as short as any snapshot of them; and one of jobs that come and go pays for each snapshot twice over.
 */
const WORTH_FACTOR = 3;

export interface SnapshotterOptions extends CreateContext {
  readonly prefix: string;
  readonly epoch: number;
  readonly state: QueueState;
  readonly telemetry: Telemetry;
  readonly snapshotAfterBytes: number;
  /** Closes the open segment; changes from now on are in the slot returned, or later. */
  readonly cut: () => number;
}

/** What recovery found: the snapshot that it began with, and what there was to read. */
export interface RecoveryCost {
  readonly snapshot: Position | undefined;
  readonly snapshotBytes: number;
  readonly logCostBytes: number;
}

/** A snapshot in the making. It begins to read when all before its position is applied. */
interface Making {
  readonly position: Position;
  readonly capture: StateCapture;
  readonly writer: SnapshotWriter;
}

/**
 * Takes snapshots beside the work: often enough that recovery stays short, seldom enough that snapshots cost
 * no more than the log. The newest two are kept; what the older one covers is collected.
 */
export class Snapshotter {
  readonly #options: SnapshotterOptions;
  readonly #garbage: GarbageCollector;
  readonly #stop = new AbortController();
  #newest: Position | undefined;
  #newestBytes: number;
  #costBytes: number;
  #acknowledgedSlots = 0;
  #making: Making | undefined;

  constructor(options: SnapshotterOptions, recovery: RecoveryCost) {
    this.#options = options;
    this.#garbage = new GarbageCollector(options.store, options.prefix);
    this.#newest = recovery.snapshot;
    this.#newestBytes = recovery.snapshotBytes;
    this.#costBytes = recovery.logCostBytes;
  }

  /** Applies a durable slot by `apply`, as part of the snapshot in the making or not. */
  around({ slot, bytes }: DurableSlot, apply: () => void): void {
    const { state } = this.#options;
    this.#costBytes += bytes + OBJECT_COST_BYTES;
    const position = this.#making?.position;
    const isPart = position !== undefined && slot < position.slot;
    if (isPart) state.captureInto(undefined);
    apply();
    if (isPart) state.captureInto(this.#making?.capture);
    this.#acknowledgedSlots = slot + 1;
    if (this.#acknowledgedSlots === position?.slot) this.#begin();
    this.startIfDue();
  }

  /** Begins a snapshot where recovery has become dear: asked at open too, for an owner that never writes. */
  startIfDue(): void {
    const { state, snapshotAfterBytes } = this.#options;
    const recoveryBytes = this.#newestBytes + this.#costBytes;
    const due = snapshotAfterBytes + WORTH_FACTOR * state.bytes;
    if (this.#making === undefined && recoveryBytes >= due) this.#start();
  }

  /** Gives up what is in the making; nothing is written any more. */
  stop(): void {
    this.#stop.abort(new Error("the queue has ended"));
    this.#end();
  }

  #start(): void {
    const { epoch, state, cut } = this.#options;
    const position = { epoch, slot: cut() };
    const writer = new SnapshotWriter(
      this.#options,
      position,
      this.#newestBytes,
      this.#stop.signal,
    );
    const capture = new StateCapture(state, writer);
    this.#making = { position, capture, writer };
    this.#costBytes = 0;
    // Changes that are applied before they are durable belong to later slots already.
    state.captureInto(capture);
    if (position.slot === this.#acknowledgedSlots) this.#begin();
  }

  #begin(): void {
    const making = this.#making as Making;
    making.writer.countDone(this.#options.state);
    const { telemetry, prefix } = this.#options;
    const attributes = { prefix, ...making.position };
    telemetry
      .span("wf.snapshot", attributes, () => this.#write(making))
      .catch((error) => {
        if (this.#stop.signal.aborted) return;
        const { logger, prefix } = this.#options;
        logger.error(
          { err: error, prefix, ...making.position },
          "a snapshot failed; the next may not",
        );
        this.#end();
      });
  }

  async #write({ position, capture, writer }: Making): Promise<void> {
    const { logger, prefix } = this.#options;
    for (let isWhole = false; !isWhole; ) {
      const until = writer.bytes + TURN_BYTES;
      isWhole = capture.read(() => writer.bytes < until);
      if (writer.isPartFull) await writer.writePart();
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.#stop.signal.throwIfAborted();
    }
    // The next one waits until this one is whole: out of order, each would take the other for the older.
    this.#options.state.captureInto(undefined);
    await writer.writeWhole();
    logger.info({ prefix, ...position, bytes: writer.bytes }, "snapshot taken");
    const older = this.#newest;
    this.#newest = position;
    this.#newestBytes = writer.bytes;
    if (older !== undefined) await this.#collect(older, position);
    this.#making = undefined;
  }

  async #collect(older: Position, newest: Position): Promise<void> {
    try {
      await this.#garbage.collect(older, newest);
    } catch (error) {
      const { logger, prefix } = this.#options;
      logger.warn(
        { err: error, prefix },
        "collecting old objects failed; the next snapshot tries again",
      );
    }
  }

  #end(): void {
    this.#options.state.captureInto(undefined);
    this.#making = undefined;
  }
}

/** Writes one snapshot, part by part. */
class SnapshotWriter {
  readonly #options: SnapshotterOptions;
  readonly #position: Position;
  readonly #signal: AbortSignal;
  readonly #parts: number[] = [];
  #queues: [string, number][] = [];
  /** Buffers of parts that are stored, used again so that a snapshot costs little memory. */
  readonly #spare: Buffer[] = [];
  readonly #partBytes: number;
  #part: SnapshotPartBuilder;
  #writtenBytes = 0;

  constructor(
    options: SnapshotterOptions,
    position: Position,
    lastBytes: number,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#position = position;
    this.#signal = signal;
    this.#partBytes = Math.min(PART_BYTES, LEAST_PART_BYTES + 2 * lastBytes);
    this.#part = this.#newPart();
  }

  get bytes(): number {
    return this.#writtenBytes + this.#part.bytes;
  }

  get isPartFull(): boolean {
    return this.#part.bytes >= PART_BYTES - TURN_BYTES;
  }

  countDone(state: QueueState): void {
    this.#queues = Array.from(state.queues.values(), ({ name, doneCount }) => [name, doneCount]);
  }

  job(job: Parameters<SnapshotPartBuilder["addJob"]>[0]): void {
    this.#part.addJob(job);
  }

  entry({ key, value }: { readonly key: string; readonly value: Uint8Array }): void {
    this.#part.addEntry(key, value);
  }

  async writePart(): Promise<void> {
    const number = this.#parts.length;
    const full = this.#part;
    const part = full.finish(this.#position, number);
    this.#parts.push(part.length);
    this.#writtenBytes += part.length;
    // Changes that meet the snapshot while this part is written go into the next.
    this.#part = this.#newPart();
    await this.#create(snapshotPartKey(this.#options.prefix, this.#position, number), part);
    this.#spare.push(full.buffer);
  }

  #newPart(): SnapshotPartBuilder {
    return new SnapshotPartBuilder(this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#partBytes));
  }

  async writeWhole(): Promise<void> {
    if (!this.#part.isEmpty) await this.writePart();
    const whole = { ...this.#position, parts: this.#parts, queues: this.#queues };
    const key = snapshotWholeKey(this.#options.prefix, this.#position);
    await this.#create(key, encodeWholeSnapshot(whole));
  }

  async #create(key: string, body: Uint8Array): Promise<void> {
    const result = await createSurely(key, body, { ...this.#options, signal: this.#signal });
    if (!result.created) throw new Error(`${key} is taken by another snapshot`);
  }
}
