/** What a number is split at to be written: a whole count of groups of seven bits. */
const LOW_GROUPS = 4;
const LOW_PART = 2 ** (7 * LOW_GROUPS);

/** Appends numbers, strings and bytes to a buffer that grows. */
export class ByteWriter {
  #buffer: Buffer;
  #length: number;

  /**
   * @param buffer is written over; a larger one takes its place when it is full
   * @param headroom bytes left free at the start, for a header that is filled in last
   */
  constructor(buffer: Buffer, headroom: number) {
    this.#buffer = buffer;
    this.#length = headroom;
  }

  get length(): number {
    return this.#length;
  }

  /** The whole of what is written to. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** What was written, as a view. The writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Takes back what was written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, in 1 to 8 bytes: seven bits each, lowest first. */
  uint(value: number): void {
    this.#reserve(8);
    let rest = value;
    // Times are longer than the machine's integers, which are several times as fast.
    if (value >= LOW_PART) {
      rest = Math.floor(value / LOW_PART);
      let low = value % LOW_PART;
      for (let group = 0; group < LOW_GROUPS; group++, low >>>= 7) {
        this.#buffer[this.#length++] = (low & 0x7f) | 0x80;
      }
    }
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
    this.#buffer[this.#length++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.uint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** A well-formed string, as UTF-8. */
  string(value: string): void {
    // Up to 42 characters the length takes one byte whatever they are, so one pass suffices.
    if (value.length <= 42) {
      this.#reserve(1 + 3 * value.length);
      if (this.#shortAscii(value)) return;
      const written = this.#buffer.write(value, this.#length + 1, "utf8");
      this.#buffer[this.#length] = written;
      this.#length += 1 + written;
      return;
    }
    const size = Buffer.byteLength(value);
    this.uint(size);
    this.#reserve(size);
    this.#length += this.#buffer.write(value, this.#length, "utf8");
  }

  /** Whether it is nothing but ASCII, as most are: written here, because a call of the engine takes longer. */
  #shortAscii(value: string): boolean {
    const start = this.#length + 1;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit >= 0x80) return false;
      this.#buffer[start + index] = unit;
    }
    this.#buffer[this.#length] = value.length;
    this.#length = start + value.length;
    return true;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
