import { packedCopy } from "../state/packed-bytes.ts";

/** Reads what `ByteWriter` wrote. Runs past the end as a `RangeError`, for its caller to name the object. */
export class ByteReader {
  readonly #buffer: Buffer;
  #position = 0;
  /** The last of the names, and where it is. */
  #name = "";
  #nameStart = 0;
  #nameBytes = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#position === this.#buffer.length;
  }

  byte(): number {
    return this.#buffer[this.#take(1)] as number;
  }

  uint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const part = this.byte();
      value += (part & 0x7f) * scale;
      if (part < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
      scale *= 0x80;
    }
    throw new RangeError("a number has more than 53 bits");
  }

  /** A copy, so that the whole object is not kept alive by it. */
  bytes(): Uint8Array {
    return packedCopy(this.view());
  }

  /** As {@link bytes}, for a caller that copies it. */
  view(): Uint8Array {
    const size = this.uint();
    const start = this.#take(size);
    return this.#buffer.subarray(start, start + size);
  }

  string(): string {
    const size = this.uint();
    const start = this.#take(size);
    return this.#buffer.toString("utf8", start, start + size);
  }

  /** A string that is mostly the same as the one before: then it is the very same, which saves its memory. */
  name(): string {
    const size = this.uint();
    const start = this.#take(size);
    if (size !== this.#nameBytes || !this.#isSame(start, this.#nameStart, size)) {
      this.#name = this.#buffer.toString("utf8", start, start + size);
      this.#nameStart = start;
      this.#nameBytes = size;
    }
    return this.#name;
  }

  #isSame(start: number, other: number, size: number): boolean {
    for (let index = 0; index < size; index++) {
      if (this.#buffer[start + index] !== this.#buffer[other + index]) return false;
    }
    return true;
  }

  #take(size: number): number {
    const start = this.#position;
    if (start + size > this.#buffer.length) {
      throw new RangeError(`${size} bytes are wanted at ${start} of ${this.#buffer.length}`);
    }
    this.#position = start + size;
    return start;
  }
}
