import { open, readFile } from "node:fs/promises";
import type { GetOptions } from "@wf/core";

/** The bytes of the file at `path`, or those of `range` that there are. Throws ENOENT where there is none. */
export async function readObject(path: string, range: GetOptions["range"]): Promise<Uint8Array> {
  return plainBytes(range === undefined ? await readFile(path) : await readRange(path, range));
}

async function readRange(
  path: string,
  { offset, length }: NonNullable<GetOptions["range"]>,
): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const left = bytes.length - filled;
      const { bytesRead } = await handle.read(bytes, filled, left, offset + filled);
      // Objects never shrink; a damaged file system may say otherwise.
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** The port speaks of Uint8Array, whose `slice` copies where that of Buffer does not. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
