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
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
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

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
