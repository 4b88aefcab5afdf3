import { FencedError } from "@wf/core";
import { slotKey } from "../layout/keys.ts";
import type { Op } from "../layout/op.ts";
import type { Position } from "../layout/position.ts";
import { damaged, decodeSlot, encodeSeal, SegmentBuilder } from "../layout/segment.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { type CreateContext, createSurely } from "./create-surely.ts";
import type { Ticket } from "./ticket.ts";

const FIRST_CAPACITY_BYTES = 4_096;

export interface LogWriterOptions extends CreateContext {
  readonly prefix: string;
  readonly epoch: number;
  /** 16 bytes, unique to this opening. */
  readonly ownerId: Uint8Array;
  /** Where what is not durable yet is counted. */
  readonly budget: ByteBudget;
  readonly segmentMaxBytes: number;
  readonly maxWritesInFlight: number;
  /** The ticket is in the open segment. */
  readonly onAppend: (ticket: Ticket) => void;
  /** The open segment is closed: what is appended from now on is in the next. */
  readonly onCut: () => void;
  /** A slot is durable, as all before it are. */
  readonly onDurable: (slot: DurableSlot) => void;
  /** The log has ended, by a seal or by a failure that does not pass; every ticket in it has failed. */
  readonly onFailure: (error: unknown) => void;
}

/** A slot that was acknowledged, with its tickets in the order in which they were appended. */
export interface DurableSlot {
  readonly slot: number;
  readonly bytes: number;
  readonly tickets: readonly Ticket[];
}

/** A segment with the tickets that wait for it. */
interface Batch {
  readonly builder: SegmentBuilder;
  readonly tickets: Ticket[];
  durable: boolean;
}

/**
 * Writes one epoch of the log by group commit. What is appended while a write is under way shares the next
 * one; further writes start beside it only when a segment is full, or when the one under way carries
 * nothing that anybody waits for. Slots are acknowledged in order, so one seal fences all that is in flight.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #stop = new AbortController();
  #open: Batch;
  /** Full segments that wait for a free write. */
  readonly #full: Batch[] = [];
  /** Writes under way, by slot. */
  readonly #inFlight: Batch[] = [];
  #nextSlot = 0;
  #acknowledgedSlots = 0;
  #turnScheduled = false;
  #failure: unknown;
  #idle: (() => void)[] = [];

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#open = newBatch(FIRST_CAPACITY_BYTES);
  }

  /** Why the log has ended, if it has. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Appends the ops as one part of one segment. Without a ticket nobody waits for them. */
  append(ops: readonly Op[], ticket?: Ticket): void {
    const before = this.#open.builder.bytes;
    this.#open.builder.add(ops);
    this.#options.budget.add(this.#open.builder.bytes - before);
    if (ticket !== undefined) {
      this.#open.tickets.push(ticket);
      this.#options.onAppend(ticket);
    }
    if (this.#open.builder.bytes >= this.#options.segmentMaxBytes) this.#closeOpenBatch();
    this.#scheduleTurn();
  }

  /** How many slots of the epoch are durable and acknowledged. */
  get acknowledgedSlots(): number {
    return this.#acknowledgedSlots;
  }

  /** Closes the open segment: what was appended so far is in slots before the one returned, the rest is not. */
  cut(): number {
    if (!this.#open.builder.isEmpty) this.#closeOpenBatch();
    return this.#nextSlot + this.#full.length;
  }

  /** Resolves when all that was appended is durable, or the log has ended. */
  async drained(): Promise<void> {
    while (this.#failure === undefined && !this.#isIdle) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Ends the epoch with a seal of its own, so that a lost tail can be told from a clean end. */
  async seal(): Promise<void> {
    await this.drained();
    if (this.#failure !== undefined) return;
    const position = { epoch: this.#options.epoch, slot: this.#nextSlot };
    this.#failure = new Error("the log is sealed");
    await this.#create(position, encodeSeal(position, this.#options.epoch, this.#nextSlot));
  }

  get #isIdle(): boolean {
    return this.#open.builder.isEmpty && this.#full.length === 0 && this.#inFlight.length === 0;
  }

  /** One turn of the event loop later, so that all who act on one acknowledgement share a segment. */
  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    setImmediate(() => {
      this.#turnScheduled = false;
      this.#startWrites();
    });
  }

  #startWrites(): void {
    if (this.#failure !== undefined) return;
    while (this.#inFlight.length < this.#options.maxWritesInFlight) {
      if (this.#full.length === 0) {
        if (this.#open.builder.isEmpty || this.#inFlight.some(isAwaited)) return;
        this.#closeOpenBatch();
      }
      this.#write(this.#full.shift() as Batch);
    }
  }

  #closeOpenBatch(): void {
    this.#options.onCut();
    this.#full.push(this.#open);
    this.#open = newBatch(Math.min(this.#open.builder.bytes, this.#options.segmentMaxBytes));
  }

  #write(batch: Batch): void {
    const position = { epoch: this.#options.epoch, slot: this.#nextSlot++ };
    const { ownerId } = this.#options;
    const body = batch.builder.finish(ownerId, position, this.#acknowledgedSlots);
    this.#inFlight.push(batch);
    this.#create(position, body)
      .then(() => {
        batch.durable = true;
        this.#acknowledge();
      })
      .catch((error) => this.#fail(error));
  }

  #acknowledge(): void {
    if (this.#failure !== undefined) return;
    while (this.#inFlight[0]?.durable) {
      const { builder, tickets } = this.#inFlight.shift() as Batch;
      const slot = this.#acknowledgedSlots++;
      this.#options.budget.release(builder.addedBytes);
      this.#options.onDurable({ slot, bytes: builder.bytes, tickets });
    }
    if (this.#isIdle) this.#notifyIdle();
    else this.#scheduleTurn();
  }

  async #create(position: Position, body: Uint8Array): Promise<void> {
    const key = slotKey(this.#options.prefix, position.epoch, position.slot);
    const result = await createSurely(key, body, { ...this.#options, signal: this.#stop.signal });
    if (!result.created) throw this.#lostSlot(key, position, result.existing);
  }

  #lostSlot(key: string, position: Position, existing: Uint8Array): Error {
    const found = decodeSlot(key, existing, position);
    if (found.kind === "segment") return damaged(key, "another owner wrote to this epoch");
    const { prefix, epoch } = this.#options;
    return new FencedError(
      `another process has opened the queue at ${prefix}: this owner, epoch ${epoch}, was ended by ` +
        `epoch ${found.sealedBy}; what it was still writing was not acknowledged`,
      { key },
    );
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#stop.abort(error);
    for (const batch of [...this.#inFlight, ...this.#full, this.#open]) {
      for (const ticket of batch.tickets) ticket.fail(error);
    }
    this.#options.onFailure(error);
    this.#notifyIdle();
  }

  #notifyIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function newBatch(capacityBytes: number): Batch {
  return { builder: new SegmentBuilder(capacityBytes), tickets: [], durable: false };
}

function isAwaited(batch: Batch): boolean {
  return batch.tickets.length > 0;
}
