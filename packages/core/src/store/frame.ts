import { crc32 } from "node:zlib";
import { StoreError } from "../errors.ts";

/**
 * The frame around everything that wf stores:
 *
 *     magic (4 bytes ASCII) · layout version (1) · CRC-32 of the body (4, big-endian) · body
 *
 * The magic tells kinds of objects apart, the version lets a newer layout be refused instead of misread,
 * the checksum notices damage whatever the store did or did not check.
 */
const HEADER_BYTES = 9;

/** What tells the objects of one kind from all others. */
export interface FrameKind {
  /** Four ASCII characters. */
  readonly magic: string;
  /** 1 to 255; the newest layout that this code writes and reads. */
  readonly version: number;
}

/** `body` with its frame, as one array. `bodyParts` are joined. */
export function encodeFrame(kind: FrameKind, ...bodyParts: readonly Uint8Array[]): Uint8Array {
  const size = bodyParts.reduce((sum, part) => sum + part.length, HEADER_BYTES);
  const frame = Buffer.allocUnsafeSlow(size);
  let end = HEADER_BYTES;
  for (const part of bodyParts) {
    frame.set(part, end);
    end += part.length;
  }
  writeFrameHeader(frame, kind);
  return new Uint8Array(frame.buffer, 0, size);
}

/** Room that a frame takes before the body, for callers that build the body in place. */
export const FRAME_HEADER_BYTES = HEADER_BYTES;

/** Fills in the header of a frame whose body already stands behind it. */
export function writeFrameHeader(frame: Buffer, kind: FrameKind): void {
  frame.write(kind.magic, 0, 4, "latin1");
  frame[4] = kind.version;
  frame.writeUInt32BE(crc32(frame.subarray(HEADER_BYTES)), 5);
}

/**
 * The body of a stored frame, as a view on it.
 *
 * @param key where it was read from, named in the error
 * @throws WF_DATA_CORRUPT when it is not such an object, cut off or damaged
 * @throws WF_LAYOUT_UNSUPPORTED when a newer version of wf wrote it
 */
export function decodeFrame(kind: FrameKind, key: string, stored: Uint8Array): Uint8Array {
  const frame = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (frame.length < HEADER_BYTES) {
    throw corrupt(key, `it has ${frame.length} bytes, fewer than a header`);
  }
  const magic = frame.toString("latin1", 0, 4);
  if (magic !== kind.magic) {
    throw corrupt(key, `it starts with ${JSON.stringify(magic)} instead of "${kind.magic}"`);
  }
  const version = frame[4] as number;
  if (version > kind.version) {
    throw new StoreError(
      "WF_LAYOUT_UNSUPPORTED",
      `${key}: its layout version is ${version} and this version of wf knows up to ${kind.version}; ` +
        `upgrade wf to read it`,
      { key },
    );
  }
  const body = stored.subarray(HEADER_BYTES);
  const expected = frame.readUInt32BE(5);
  const actual = crc32(body);
  if (version === 0 || actual !== expected) {
    throw corrupt(key, `its checksum is ${hex(actual)} and should be ${hex(expected)}`);
  }
  return body;
}

function corrupt(key: string, problem: string): StoreError {
  return new StoreError(
    "WF_DATA_CORRUPT",
    `${key}: the object is damaged: ${problem}; restore it from a copy, it is never skipped`,
    { key },
  );
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
