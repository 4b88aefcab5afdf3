import { createObject, type ObjectStore } from "@wf/core";
import { epochKey, logPrefix, parseSlotKey, slotBefore, slotKey } from "../layout/keys.ts";
import type { Op } from "../layout/op.ts";
import type { Position } from "../layout/position.ts";
import {
  damaged,
  decodeSlot,
  encodeSeal,
  readOps,
  type Seal,
  type Segment,
} from "../layout/segment.ts";
import { SlotReads } from "./slot-reads.ts";

const MAX_SEALS_AT_ONCE = 64;

/** What a replay came across. */
export interface Replay {
  /** Segments and seals that were read, and the bytes of the segments. */
  readonly objects: number;
  readonly bytes: number;
  /**
   * Whether an epoch was sealed by it, or by another opener: its owner may have been at work until then, and the seal
   * stand where a segment was collected.
   */
  readonly sealed: boolean;
}

/**
 * Ends every epoch before `epoch` and applies what they acknowledged from `start` on, in order. When this
 * returns, no earlier owner can acknowledge anything any more.
 *
 * Each epoch is read slot by slot up to its seal, which is put into the first free slot where there is none.
 *
 * @throws WF_DATA_CORRUPT naming the object that is damaged or missing, WF_LAYOUT_UNSUPPORTED
 */
export async function replay(
  store: ObjectStore,
  prefix: string,
  start: Position,
  epoch: number,
  apply: (op: Op) => void,
): Promise<Replay> {
  const listed = await listSlots(store, prefix, start, epoch);
  const log = {
    store,
    prefix,
    slots: byEpoch(listed),
    reads: new SlotReads(store, prefix, listed),
  };
  const total = { objects: 0, bytes: 0, sealed: false };
  for (let earlier = start.epoch; earlier < epoch; earlier++) {
    const first = earlier === start.epoch ? start.slot : 0;
    const reader = new EpochReader(log, { epoch: earlier, slot: first }, epoch, apply);
    await reader.run();
    total.objects += reader.objects;
    total.bytes += reader.bytes;
    total.sealed ||= reader.sealed;
  }
  return total;
}

/** The log that is read. */
interface ListedLog {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly slots: Slots;
  readonly reads: SlotReads;
}

/** The slots that exist, ascending, by epoch. */
type Slots = ReadonlyMap<number, readonly number[]>;

function byEpoch(positions: readonly Position[]): Slots {
  const slots = new Map<number, number[]>();
  for (const { epoch, slot } of positions) {
    const known = slots.get(epoch);
    if (known === undefined) slots.set(epoch, [slot]);
    else known.push(slot);
  }
  return slots;
}

async function listSlots(
  store: ObjectStore,
  prefix: string,
  start: Position,
  before: number,
): Promise<readonly Position[]> {
  const listed: Position[] = [];
  const startAfter = slotBefore(prefix, start);
  for await (const { key } of store.list(logPrefix(prefix), { startAfter })) {
    const position = parseSlotKey(prefix, key);
    if (position === undefined) throw damaged(key, "it does not belong there");
    const { epoch } = position;
    // This opener has written nothing yet. A later one may have, and will end this one in its turn.
    if (epoch === before && (await isSegment(store, key, position))) {
      throw damaged(epochKey(prefix, epoch), `it was missing, and ${key} shows that it was there`);
    }
    if (epoch < before) listed.push(position);
  }
  return listed;
}

async function isSegment(store: ObjectStore, key: string, position: Position): Promise<boolean> {
  const stored = await store.get(key);
  return stored !== undefined && decodeSlot(key, stored, position).kind === "segment";
}

class EpochReader {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #epoch: number;
  readonly #sealer: number;
  readonly #slots: Slots;
  readonly #reads: SlotReads;
  readonly #apply: (op: Op) => void;
  readonly #first: number;
  objects = 0;
  bytes = 0;
  sealed = false;

  constructor(log: ListedLog, start: Position, sealer: number, apply: (op: Op) => void) {
    this.#store = log.store;
    this.#prefix = log.prefix;
    this.#slots = log.slots;
    this.#reads = log.reads;
    this.#epoch = start.epoch;
    this.#first = start.slot;
    this.#sealer = sealer;
    this.#apply = apply;
  }

  async run(): Promise<void> {
    for (let slot = this.#first; ; slot++) {
      const stored = await this.#reads.read({ epoch: this.#epoch, slot });
      if (stored === undefined) return this.#end(slot);
      if (this.#fold(slot, stored) === "sealed") return;
    }
  }

  /**
   * Seals the epoch from the first slot that was not listed. An owner that is still at work may fill each
   * slot before the seal gets there, so the seals go out ever more slots at a time. Whichever lands first
   * in the order of slots is the end; segments before it count, acknowledged or not.
   */
  async #end(firstFree: number): Promise<void> {
    await this.#checkHole(firstFree);
    let slot = firstFree;
    for (let width = 1; ; width = Math.min(width * 2, MAX_SEALS_AT_ONCE)) {
      const found = await Promise.all(
        Array.from({ length: width }, (_, index) => this.#seal(slot + index, slot)),
      );
      for (const stored of found) {
        if (stored === undefined || this.#fold(slot, stored) === "sealed") {
          this.sealed = true;
          return;
        }
        slot++;
      }
    }
  }

  /** Puts a seal; where the slot was taken, gives what is there. */
  async #seal(slot: number, knownSlots: number): Promise<Uint8Array | undefined> {
    const seal = encodeSeal({ epoch: this.#epoch, slot }, this.#sealer, knownSlots);
    const result = await createObject(this.#store, this.#key(slot), seal);
    return result.created ? undefined : result.existing;
  }

  /**
   * The first free slot is the end of the epoch, unless something says that it was filled once. This is
   * asked before a seal is put, so that opening again meets the same damage.
   */
  async #checkHole(slot: number): Promise<void> {
    const laterSlots = this.#listed.filter((listed) => listed > slot);
    const laterEpochs = [...this.#slots.keys()].filter((epoch) => epoch > this.#epoch);
    if (laterSlots.length === 0 && laterEpochs.length === 0) return;
    // The listing is no snapshot: look again before calling it damage.
    if ((await this.#store.get(this.#key(slot))) !== undefined) return;
    for (const later of laterSlots) {
      const found = await this.#find(this.#epoch, later);
      if (found !== undefined && found.knownSlots > slot)
        throw this.#missing(slot, this.#epoch, later);
    }
    for (const later of laterEpochs) {
      // An owner writes segments only after every earlier epoch was sealed.
      const found = await this.#find(later, 0);
      if (found?.kind === "segment") throw this.#missing(slot, later, 0);
    }
  }

  async #find(epoch: number, slot: number): Promise<Segment | Seal | undefined> {
    const key = slotKey(this.#prefix, epoch, slot);
    const stored = await this.#store.get(key);
    return stored && decodeSlot(key, stored, { epoch, slot });
  }

  #missing(slot: number, epoch: number, witness: number): Error {
    const shown = slotKey(this.#prefix, epoch, witness);
    return damaged(this.#key(slot), `it is missing, and ${shown} shows that it was there`);
  }

  #fold(slot: number, stored: Uint8Array): "sealed" | "folded" {
    const key = this.#key(slot);
    const found = decodeSlot(key, stored, { epoch: this.#epoch, slot });
    this.objects++;
    if (found.kind === "seal") {
      // Another opener may have put it into a slot that was collected, where it ends nothing.
      this.sealed ||= found.sealedBy !== this.#epoch;
      return "sealed";
    }
    this.bytes += stored.length;
    for (const op of readOps(key, found)) {
      try {
        this.#apply(op);
      } catch (error) {
        throw damaged(
          key,
          `a record does not follow from those before: ${(error as Error).message}`,
        );
      }
    }
    return "folded";
  }

  #key(slot: number): string {
    return slotKey(this.#prefix, this.#epoch, slot);
  }

  get #listed(): readonly number[] {
    return this.#slots.get(this.#epoch) ?? [];
  }
}
