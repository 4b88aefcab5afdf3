import { StoreError } from "@wf/core";
import { decodeFrame, encodeFrame, FRAME_HEADER_BYTES, writeFrameHeader } from "@wf/core/adapter";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Op } from "./op.ts";
import { decodeOp, encodeOp } from "./op-codec.ts";
import type { Position } from "./position.ts";

/**
 * What a slot of the log holds: a segment or a seal, each in a frame. Body of a segment:
 *
 *     owner (16 bytes) · epoch (6) · slot (6) · known slots (6) · ops until the end
 *
 * and of a seal: sealer's epoch (6) · epoch (6) · slot (6) · known slots (6). Numbers are big-endian.
 *
 * Epoch and slot are inside so that an object at another object's key is noticed. The last number says how
 * many slots of the epoch were certainly filled when the object was made: for a segment those that its
 * owner had acknowledged, for a seal those that its sealer had read. A hole below it is damage; one at or
 * above it is a write that a crash cut off.
 */
const SEGMENT = { magic: "wfsg", version: 1 } as const;
const SEAL = { magic: "wfsl", version: 1 } as const;

const OWNER_BYTES = 16;
const NUMBER_BYTES = 6;
const SEGMENT_HEADER_BYTES = OWNER_BYTES + 3 * NUMBER_BYTES;
const SEAL_BYTES = 4 * NUMBER_BYTES;
/** Every seal has so many bytes, and every segment more: a listing tells them apart by that. */
export const SEAL_OBJECT_BYTES = FRAME_HEADER_BYTES + SEAL_BYTES;
const HEADROOM = FRAME_HEADER_BYTES + SEGMENT_HEADER_BYTES;

export interface Segment {
  readonly kind: "segment";
  readonly knownSlots: number;
  readonly ops: ByteReader;
}

export interface Seal {
  readonly kind: "seal";
  readonly knownSlots: number;
  /** The epoch of the opener that put it; the sealed epoch itself where its owner closed. */
  readonly sealedBy: number;
}

/** A segment in the making. */
export class SegmentBuilder {
  readonly #writer: ByteWriter;

  constructor(capacityBytes: number) {
    this.#writer = new ByteWriter(Buffer.allocUnsafeSlow(HEADROOM + capacityBytes), HEADROOM);
  }

  get isEmpty(): boolean {
    return this.#writer.length === HEADROOM;
  }

  get bytes(): number {
    return this.#writer.length;
  }

  /** What the ops take of the bytes. */
  get addedBytes(): number {
    return this.#writer.length - HEADROOM;
  }

  /** Adds all of the ops, or, where one of them cannot be encoded, nothing. */
  add(ops: readonly Op[]): void {
    const before = this.#writer.length;
    try {
      for (const op of ops) encodeOp(this.#writer, op);
    } catch (error) {
      this.#writer.truncate(before);
      throw error;
    }
  }

  /** The object to store; nothing may be added afterwards. */
  finish(owner: Uint8Array, position: Position, knownSlots: number): Uint8Array {
    const frame = this.#writer.finish();
    let end = FRAME_HEADER_BYTES;
    frame.set(owner, end);
    end += OWNER_BYTES;
    for (const value of [position.epoch, position.slot, knownSlots]) {
      end = frame.writeUIntBE(value, end, NUMBER_BYTES);
    }
    writeFrameHeader(frame, SEGMENT);
    return frame;
  }
}

export function encodeSeal(position: Position, sealedBy: number, knownSlots: number): Uint8Array {
  const body = Buffer.alloc(SEAL_BYTES);
  let end = 0;
  for (const value of [sealedBy, position.epoch, position.slot, knownSlots]) {
    end = body.writeUIntBE(value, end, NUMBER_BYTES);
  }
  return encodeFrame(SEAL, body);
}

/**
 * What is stored in the slot at `position`.
 *
 * @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key`
 */
export function decodeSlot(key: string, stored: Uint8Array, position: Position): Segment | Seal {
  const isSeal = Buffer.from(stored.subarray(0, 4)).toString("latin1") === SEAL.magic;
  const body = decodeFrame(isSeal ? SEAL : SEGMENT, key, stored);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length < (isSeal ? SEAL_BYTES : SEGMENT_HEADER_BYTES)) {
    throw damaged(key, "it ends within its header");
  }
  const at = isSeal ? NUMBER_BYTES : OWNER_BYTES;
  const epoch = bytes.readUIntBE(at, NUMBER_BYTES);
  const slot = bytes.readUIntBE(at + NUMBER_BYTES, NUMBER_BYTES);
  if (epoch !== position.epoch || slot !== position.slot) {
    throw damaged(key, `it belongs to epoch ${epoch}, slot ${slot}`);
  }
  const knownSlots = bytes.readUIntBE(at + 2 * NUMBER_BYTES, NUMBER_BYTES);
  if (isSeal) return { kind: "seal", knownSlots, sealedBy: bytes.readUIntBE(0, NUMBER_BYTES) };
  return {
    kind: "segment",
    knownSlots,
    ops: new ByteReader(body.subarray(SEGMENT_HEADER_BYTES)),
  };
}

/** The ops of a segment in their order. */
export function* readOps(key: string, segment: Segment): Generator<Op> {
  while (!segment.ops.atEnd) {
    let op: Op;
    try {
      op = decodeOp(segment.ops);
    } catch (error) {
      throw damaged(key, `a record in it cannot be read: ${(error as Error).message}`);
    }
    yield op;
  }
}

export function damaged(key: string, problem: string): StoreError {
  return new StoreError(
    "WF_DATA_CORRUPT",
    `${key}: the log is damaged: ${problem}; restore the object from a copy, it is never skipped`,
    { key },
  );
}
