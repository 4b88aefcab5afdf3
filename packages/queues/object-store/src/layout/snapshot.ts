import { decodeFrame, FRAME_HEADER_BYTES, writeFrameHeader } from "@wf/core/adapter";
import type { JobRecord } from "../state/job-record.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeJob, encodeJob } from "./job-codec.ts";
import { decodeJson, encodeJson, isCount, type Untyped } from "./json-object.ts";
import type { Position } from "./position.ts";
import { damaged } from "./segment.ts";

/**
 * The objects of a snapshot, each in a frame: parts with the jobs and KV entries, in any order, and one whole
 * object, written last, that makes them a snapshot.
 *
 *     part:  epoch (6) · slot (6) · number (6) · records until the end
 *     whole: JSON { epoch, slot, parts: [bytes of each], queues: [[name, jobs ever done]] }
 */
const PART = { magic: "wfsp", version: 1 } as const;
const WHOLE = { magic: "wfsw", version: 1 } as const;

const NUMBER_BYTES = 6;
const PART_HEADER_BYTES = 3 * NUMBER_BYTES;
const HEADROOM = FRAME_HEADER_BYTES + PART_HEADER_BYTES;

const RecordTag = { job: 1, entry: 2 } as const;

export type SnapshotRecord =
  | { readonly tag: typeof RecordTag.job; readonly job: JobRecord }
  | { readonly tag: typeof RecordTag.entry; readonly key: string; readonly value: Uint8Array };

/** What makes the parts a snapshot: of all that the log holds before `slot` of `epoch`. */
export interface WholeSnapshot extends Position {
  /** How many bytes each part has. */
  readonly parts: readonly number[];
  readonly queues: readonly (readonly [name: string, doneCount: number])[];
}

/** A part in the making. */
export class SnapshotPartBuilder {
  readonly #writer: ByteWriter;

  /** @param buffer is written over */
  constructor(buffer: Buffer) {
    this.#writer = new ByteWriter(buffer, HEADROOM);
  }

  /** For the next part, once this one is stored. */
  get buffer(): Buffer {
    return this.#writer.buffer;
  }

  get isEmpty(): boolean {
    return this.#writer.length === HEADROOM;
  }

  get bytes(): number {
    return this.#writer.length;
  }

  addJob(job: JobRecord): void {
    this.#writer.byte(RecordTag.job);
    encodeJob(this.#writer, job);
  }

  addEntry(key: string, value: Uint8Array): void {
    this.#writer.byte(RecordTag.entry);
    this.#writer.string(key);
    this.#writer.bytes(value);
  }

  finish(position: Position, number: number): Uint8Array {
    const frame = this.#writer.finish();
    let end = FRAME_HEADER_BYTES;
    for (const value of [position.epoch, position.slot, number]) {
      end = frame.writeUIntBE(value, end, NUMBER_BYTES);
    }
    writeFrameHeader(frame, PART);
    return frame;
  }
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function* readSnapshotPart(
  key: string,
  stored: Uint8Array,
  position: Position,
  number: number,
): Generator<SnapshotRecord> {
  const body = decodeFrame(PART, key, stored);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length < PART_HEADER_BYTES) throw damaged(key, "it ends within its header");
  const found = [0, 1, 2].map((index) => bytes.readUIntBE(index * NUMBER_BYTES, NUMBER_BYTES));
  if (found[0] !== position.epoch || found[1] !== position.slot || found[2] !== number) {
    throw damaged(key, `it is part ${found[2]} of the snapshot at ${found[0]}, ${found[1]}`);
  }
  const reader = new ByteReader(body.subarray(PART_HEADER_BYTES));
  while (!reader.atEnd) yield readRecord(key, reader);
}

function readRecord(key: string, reader: ByteReader): SnapshotRecord {
  try {
    const tag = reader.byte();
    if (tag === RecordTag.job) return { tag, job: decodeJob(reader) };
    if (tag === RecordTag.entry) return { tag, key: reader.string(), value: reader.bytes() };
    throw new RangeError(`there is no record ${tag}`);
  } catch (error) {
    throw damaged(key, `a record in it cannot be read: ${(error as Error).message}`);
  }
}

export function encodeWholeSnapshot(snapshot: WholeSnapshot): Uint8Array {
  return encodeJson(WHOLE, snapshot);
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeWholeSnapshot(
  key: string,
  stored: Uint8Array,
  position: Position,
): WholeSnapshot {
  const snapshot = decodeJson(WHOLE, key, stored, isWholeSnapshot);
  if (snapshot.epoch !== position.epoch || snapshot.slot !== position.slot) {
    throw damaged(key, `it is the snapshot at ${snapshot.epoch}, ${snapshot.slot}`);
  }
  return snapshot;
}

function isWholeSnapshot({ epoch, slot, parts, queues }: Untyped<WholeSnapshot>): boolean {
  if (!isCount(epoch) || !isCount(slot)) return false;
  if (!Array.isArray(parts) || !parts.every(isCount)) return false;
  return Array.isArray(queues) && queues.every(isQueueCount);
}

function isQueueCount(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === "string" && isCount(entry[1]);
}
