import { mkdir, readdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreError, systemClock, systemRandom } from "@wf/core";
import { flushDirectory } from "./directory-sync.ts";
import { isSystemError } from "./map-error.ts";

/** Starts with a character that no name of a key's segment starts with. */
const DIRECTORY_NAME = "+tmp";

/** A put takes far less; what is older was left by a process that ended in the middle of one. */
const ABANDONED_AFTER_MS = 86_400_000;

/** Where objects are written before they get their name. It makes the root as well, at the first write. */
export class TemporaryFiles {
  readonly #root: string;
  readonly #directory: string;
  /** Tells the files of this instance from those of all others, in whatever process. */
  readonly #instance = [systemRandom(), systemRandom()]
    .map((number) => Math.floor(number * 2 ** 32).toString(36))
    .join("");
  #count = 0;
  #ready: Promise<void> | undefined;

  constructor(root: string) {
    this.#root = root;
    this.#directory = join(root, DIRECTORY_NAME);
  }

  /** The path of a file that does not exist yet, in a directory that does. */
  async newPath(): Promise<string> {
    this.#ready ??= this.#prepare().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    await this.#ready;
    return join(this.#directory, `${this.#instance}-${++this.#count}`);
  }

  async #prepare(): Promise<void> {
    if (process.platform === "win32") {
      throw new StoreError(
        "WF_STORE_UNSUPPORTED",
        "Windows cannot flush a directory, so nothing would be sure to survive a power failure: " +
          "run in WSL, or use another store",
      );
    }
    const firstMade = await mkdir(this.#root, { recursive: true });
    await makeDirectory(this.#directory);
    await this.#flushRoot(firstMade);
    await this.#sweep();
  }

  /** Makes the root durable, with those above it that were made for it. */
  async #flushRoot(firstMade: string | undefined): Promise<void> {
    const highest = dirname(firstMade ?? this.#root);
    for (let directory = this.#root; ; directory = dirname(directory)) {
      try {
        await flushDirectory(directory);
      } catch (error) {
        // A root that was there may lie in a directory that this process cannot read.
        if (firstMade !== undefined || directory === this.#root) throw error;
      }
      if (directory === highest) return;
    }
  }

  async #sweep(): Promise<void> {
    // By the machine's clock whatever clock the program runs on, because files carry its times.
    const abandonedBefore = systemClock.now() - ABANDONED_AFTER_MS;
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      try {
        if ((await stat(path)).mtimeMs < abandonedBefore) await unlink(path);
      } catch (error) {
        // Its owner, or another process that sweeps, was faster.
        if (!isSystemError(error, "ENOENT")) throw error;
      }
    }
  }
}

/** Makes a directory unless it is there. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!isSystemError(error, "EEXIST")) throw error;
  }
}
