import { link, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { StoreError } from "@wf/core";
import type { DirectorySync } from "./directory-sync.ts";
import { Limiter } from "./limiter.ts";
import { isSystemError, mapError, type Stage } from "./map-error.ts";
import { makeDirectory, TemporaryFiles } from "./temporary-files.ts";

/**
 * Writes that go to libuv's four threads at a time. Measured on ext4: 16 reach the throughput of 64, and a
 * read that comes meanwhile takes a quarter of the time.
 */
const MAX_WRITES_IN_FLIGHT = 16;

/** Times that a put makes its directories anew where deletes keep removing them as empty. */
const MAX_PUBLISH_TRIES = 100;

export interface Write {
  readonly key: string;
  readonly path: string;
  readonly body: Uint8Array;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes objects so that a crash at any point leaves the whole object or none: the bytes go to a temporary
 * file and to the disk, only then does the object get its name, and then the name goes to the disk.
 */
export class ObjectWriter {
  readonly #root: string;
  readonly #directories: DirectorySync;
  readonly #limiter = new Limiter(MAX_WRITES_IN_FLIGHT);
  readonly #temporaryFiles: TemporaryFiles;

  constructor(root: string, directories: DirectorySync) {
    this.#root = root;
    this.#directories = directories;
    this.#temporaryFiles = new TemporaryFiles(root);
  }

  async write(write: Write): Promise<void> {
    write.signal?.throwIfAborted();
    await this.#limiter.run(async () => {
      write.signal?.throwIfAborted();
      const temporary = await this.#writeTemporary(write);
      if (await this.#publish(write, temporary)) return;
      throw new StoreError("WF_STORE_ALREADY_EXISTS", `${write.key}: there is an object already`, {
        key: write.key,
      });
    });
  }

  async #writeTemporary(write: Write): Promise<string> {
    let temporary: string | undefined;
    try {
      temporary = await this.#temporaryFiles.newPath();
      write.signal?.throwIfAborted();
      await writeFile(temporary, write.body, { flag: "wx", flush: true });
      write.signal?.throwIfAborted();
      return temporary;
    } catch (error) {
      if (temporary !== undefined) await discard(temporary);
      throw failure(error, write, "before");
    }
  }

  /** Whether the object got its name; otherwise there is another one of that name. Durable either way. */
  async #publish(write: Write, temporary: string): Promise<boolean> {
    let published: boolean;
    try {
      published = await this.#giveName(write, temporary);
    } catch (error) {
      await discard(temporary);
      throw failure(error, write, "change");
    }
    try {
      // Also where there was an object: the one who made it may not have come to this yet, and the caller
      // may find that it is its own.
      const durable = this.#directories.sync(dirname(write.path));
      await Promise.all([durable, write.ifAbsent && discard(temporary)]);
    } catch (error) {
      throw failure(error, write, published ? "after" : "before");
    }
    return published;
  }

  async #giveName({ path, ifAbsent }: Write, temporary: string): Promise<boolean> {
    // A second name and not a move, because only `link` refuses to replace.
    const giveName = ifAbsent ? link : rename;
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) await this.#makeDirectories(dirname(path));
        await giveName(temporary, path);
        return true;
      } catch (error) {
        if (ifAbsent && isSystemError(error, "EEXIST")) return false;
        if (attempt === MAX_PUBLISH_TRIES || !isSystemError(error, "ENOENT")) throw error;
      }
    }
  }

  /** Never the root itself: where that has gone, its disk may have been unmounted. */
  async #makeDirectories(directory: string): Promise<void> {
    let path = this.#root;
    for (const name of relative(this.#root, directory).split(sep)) {
      path = join(path, name);
      await makeDirectory(path);
    }
  }
}

/** What cannot be removed is left to the sweep of a later start: the object does not depend on it. */
async function discard(temporary: string): Promise<void> {
  await unlink(temporary).catch(() => {});
}

function failure(error: unknown, { key, path }: Write, stage: Stage): unknown {
  return mapError(error, { what: `put ${key}`, stage, key, path });
}
