import {
  epochsPrefix,
  logPrefix,
  slotKey,
} from "../../../packages/queues/object-store/src/layout/keys.ts";
import type { Op } from "../../../packages/queues/object-store/src/layout/op.ts";
import {
  decodeSlot,
  readOps,
  SEAL_OBJECT_BYTES,
} from "../../../packages/queues/object-store/src/layout/segment.ts";
import { QUEUE_PREFIX } from "../plan/plan.ts";
import type { Archive, Landing } from "../world/archive.ts";
import { require } from "./violation.ts";

/** A segment of the log that counts. */
export interface HistorySlot {
  readonly epoch: number;
  readonly slot: number;
  /** Number of the process that wrote it. */
  readonly by: number;
  /** The tick at which it and all before it in its epoch were in the store. */
  readonly durableAt: number;
  /** The tick and the time at which itself was. */
  readonly landed: Landing["landed"];
  readonly ops: readonly Op[];
}

export interface History {
  readonly slots: readonly HistorySlot[];
  /** Where each epoch ended, by its number. */
  readonly ends: ReadonlyMap<number, number>;
  /** The newest epoch of each process, by its number. */
  readonly epochOf: ReadonlyMap<number, number>;
  /** When each epoch was taken, by its number less one. */
  readonly takenAt: readonly number[];
  /** How many segments landed that count for nobody. */
  readonly voidSegments: number;
}

/**
 * What the log says happened: of each epoch the segments before its seal, in their order, as they were first written,
 * whatever was collected since. This file alone knows the layout of the log; the rest of the model works with the ops.
 */
export function readHistory(archive: Archive): History {
  const epochs = epochsOf(archive);
  const slots: HistorySlot[] = [];
  const ends = new Map<number, number>();
  let sealedBefore = true;
  for (let epoch = 1; epoch <= epochs.length; epoch++) {
    let durableAt = 0;
    let slot = 0;
    let sealed = false;
    for (; !sealed; slot++) {
      const landing = archive.first.get(slotKey(QUEUE_PREFIX, epoch, slot));
      if (landing === undefined) break;
      const found = decodeSlot(landing.key, landing.body, { epoch, slot });
      if (found.kind === "seal") {
        sealed = true;
        break;
      }
      require(sealedBefore, () => `epoch ${epoch} has segments, and one before it has no seal`);
      durableAt = Math.max(durableAt, landing.landed.tick);
      const { by, landed } = landing;
      slots.push({ epoch, slot, by, durableAt, landed, ops: [...readOps(landing.key, found)] });
    }
    ends.set(epoch, slot);
    sealedBefore &&= sealed;
  }
  const epochOf = new Map(epochs.map(({ by }, index) => [by, index + 1]));
  const takenAt = epochs.map(({ landed }) => landed.tick);
  return { slots, ends, epochOf, takenAt, voidSegments: countSegments(archive) - slots.length };
}

/** What each opener put down, in the order of epochs. */
function epochsOf(archive: Archive): Landing[] {
  const prefix = epochsPrefix(QUEUE_PREFIX);
  const found = [...archive.first.values()].filter(({ key }) => key.startsWith(prefix));
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The first free slot of the newest epoch. */
export function endOfLog(archive: Archive): { readonly epoch: number; readonly slot: number } {
  let end = { epoch: epochsOf(archive).length, slot: 0 };
  while (archive.first.has(slotKey(QUEUE_PREFIX, end.epoch, end.slot))) {
    end = { ...end, slot: end.slot + 1 };
  }
  return end;
}

function countSegments(archive: Archive): number {
  let segments = 0;
  for (const { key, body } of archive.first.values()) {
    if (key.startsWith(logPrefix(QUEUE_PREFIX)) && body.length !== SEAL_OBJECT_BYTES) segments++;
  }
  return segments;
}
