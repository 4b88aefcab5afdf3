import { rmdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { DirectorySync } from "./directory-sync.ts";
import { Limiter } from "./limiter.ts";
import { isSystemError, mapError } from "./map-error.ts";

/** As many as libuv has threads: a large removal runs at full speed and does not queue up before writes. */
const MAX_REMOVALS_IN_FLIGHT = 4;

/** Removes objects, and the directories that this leaves empty, so that cleared data leaves nothing behind. */
export class ObjectRemover {
  readonly #root: string;
  readonly #directories: DirectorySync;
  readonly #limiter = new Limiter(MAX_REMOVALS_IN_FLIGHT);

  constructor(root: string, directories: DirectorySync) {
    this.#root = root;
    this.#directories = directories;
  }

  /** Goes on after a failure, and then throws the first one. */
  async remove(paths: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await this.#forEach(paths, async (path) => {
      signal?.throwIfAborted();
      await removeFile(path);
    });
    await this.#forEach([...new Set(paths.map(dirname))], (directory) => this.#settle(directory));
  }

  async #forEach(paths: readonly string[], act: (path: string) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(
      paths.map((path) => this.#limiter.run(() => act(path))),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  async #settle(directory: string): Promise<void> {
    try {
      await this.#directories.sync(await this.#removeEmpty(directory));
    } catch (error) {
      throw mapError(error, { what: "delete", stage: "after", path: directory });
    }
  }

  /** Removes `directory` and those above it as far as they are empty; returns the first that is not. */
  async #removeEmpty(directory: string): Promise<string> {
    let left = directory;
    while (left !== this.#root) {
      try {
        await rmdir(left);
      } catch (error) {
        // One that cannot be removed, for whatever reason, does no harm but to take up room.
        if (!isSystemError(error, "ENOENT")) return left;
      }
      left = dirname(left);
    }
    return left;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return;
    throw mapError(error, { what: "delete", stage: "change", path });
  }
}
