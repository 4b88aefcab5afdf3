import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { isSystemError } from "./map-error.ts";

/** Directories remembered; beyond that they are all forgotten, which costs each one further flush. */
const MAX_REMEMBERED = 10_000;

interface Flush {
  readonly current: Promise<void>;
  next?: Promise<void>;
}

/**
 * Makes the entries of directories durable: an object that was linked or unlinked is so only once its
 * directory was flushed, and a new directory only once its parents were.
 */
export class DirectorySync {
  readonly #root: string;
  readonly #flushes = new Map<string, Flush>();
  /** Identity, by path, of directories known to be durable themselves. */
  readonly #durable = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes durable what has been done in `directory` so far, and `directory` itself. Where it was removed
   * meanwhile, its removal is made durable in the nearest one above that is left.
   */
  async sync(directory: string): Promise<void> {
    for (let left = directory; ; left = dirname(left)) {
      try {
        return await this.#shared(left);
      } catch (error) {
        // Without a root nothing is left that could come back.
        if (!isSystemError(error, "ENOENT")) throw error;
        if (left === this.#root) return;
      }
    }
  }

  /** Calls that come during a flush share the next one, because the one under way may have missed them. */
  #shared(directory: string): Promise<void> {
    const running = this.#flushes.get(directory);
    if (running === undefined) return this.#start(directory);
    const startNext = () => this.#start(directory);
    running.next ??= running.current.then(startNext, startNext);
    return running.next;
  }

  #start(directory: string): Promise<void> {
    const flush: Flush = {
      current: this.#flush(directory).finally(() => {
        if (flush.next === undefined) this.#flushes.delete(directory);
      }),
    };
    this.#flushes.set(directory, flush);
    return flush.current;
  }

  async #flush(directory: string): Promise<void> {
    const identity = await flushDirectory(directory);
    if (directory === this.#root || this.#durable.get(directory) === identity) return;
    await this.sync(dirname(directory));
    if (this.#durable.size >= MAX_REMEMBERED) this.#durable.clear();
    this.#durable.set(directory, identity);
  }
}

/**
 * Flushes one directory. Returns what tells it from another that was made at the same path after it had
 * been removed, by whatever process: the number of an inode is given out again, its birth time is not.
 */
export async function flushDirectory(directory: string): Promise<string> {
  const handle = await open(directory, "r");
  try {
    const [{ dev, ino, birthtimeMs }] = await Promise.all([handle.stat(), handle.sync()]);
    return `${dev}:${ino}:${birthtimeMs}`;
  } finally {
    await handle.close();
  }
}
