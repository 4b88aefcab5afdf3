import { closeSync, openSync, readSync, writeSync } from "node:fs";

/**
 * A file that one process appends JSON lines to. Each line is handed to the operating system before
 * `append` returns, so it survives the death of the process, though not that of the machine.
 */
export class LineFile {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, "a");
  }

  append(record: object): void {
    writeSync(this.#fd, `${JSON.stringify(record)}\n`);
  }
}

const CHUNK_BYTES = 65_536;

/** Follows a file of JSON lines that other processes append to. */
export class LineReader<T> {
  readonly #fd: number;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** Creates the file where it does not exist yet. */
  constructor(path: string) {
    this.#fd = openSync(path, "a+");
  }

  /** The records appended since the last call. A line that is not complete yet waits for its end. */
  read(): T[] {
    const records: T[] = [];
    for (;;) {
      const length = readSync(this.#fd, this.#chunk, 0, CHUNK_BYTES, this.#offset);
      if (length === 0) return records;
      this.#offset += length;
      const lines = Buffer.concat([this.#rest, this.#chunk.subarray(0, length)]);
      const end = lines.lastIndexOf("\n") + 1;
      this.#rest = lines.subarray(end);
      for (const line of lines.toString("utf8", 0, end).split("\n")) {
        if (line !== "") records.push(JSON.parse(line));
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
