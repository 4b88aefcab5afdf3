import { join, resolve } from "node:path";
import {
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  WfError,
} from "@wf/core";
import {
  checkDelete,
  checkGet,
  checkListing,
  checkOptions,
  checkPut,
  type OptionNames,
  show,
} from "@wf/core/adapter";
import { DirectorySync } from "./directory-sync.ts";
import { objectPath } from "./key-path.ts";
import { listObjects } from "./list-objects.ts";
import { isSystemError, mapError } from "./map-error.ts";
import { ObjectRemover } from "./object-remover.ts";
import { ObjectWriter } from "./object-writer.ts";
import { readObject } from "./read-object.ts";

/** What {@link FileSystemObjectStore} takes. */
export interface FileSystemObjectStoreOptions {
  /**
   * The directory that holds the objects, and nothing else. Made at the first put. All of it must be on one
   * file system, local or one that keeps POSIX rules for `link`, `rename` and `fsync`. A relative path is
   * taken from the working directory as it is when the store is constructed.
   */
  readonly root: string;
}

const NAMES: OptionNames<FileSystemObjectStoreOptions> = { root: true };

/**
 * An object store in a directory. Any number of stores in any number of processes of one machine may share
 * a root: create-if-absent is exact among them, and no reader ever sees a part of an object.
 *
 * What is resolved survives a power failure: file and directory are flushed before. An object can be *seen*
 * by `get` and `list` a moment before that, while its put is still under way; a power failure in that
 * moment takes it back. Whoever has to rely on it puts it with `ifAbsent`: "already exists" is answered only
 * once the object is durable.
 *
 * Errors of all methods, nothing having been changed unless it says so:
 * - WF_STORE_DENIED: a permission is missing, or the file system is read-only
 * - WF_STORE_UNSUPPORTED: no hard links, more than one file system, foreign files in the way, Windows
 * - WF_STORE_UNAVAILABLE: disk full, quota, too many open files, I/O errors
 * - WF_STORE_OUTCOME_UNKNOWN: the change was made, or may have been, and is perhaps not durable
 * - WF_INVALID_KEY, WF_INVALID_ARGUMENT: refused before any I/O
 * - `signal.reason`: seen before each step. A put ends before the object is visible, or is completed
 */
export class FileSystemObjectStore implements ObjectStore {
  readonly #root: string;
  readonly #writer: ObjectWriter;
  readonly #remover: ObjectRemover;

  /** Does no I/O. @throws WF_INVALID_ARGUMENT where `root` is no path, or there is another option */
  constructor(options: FileSystemObjectStoreOptions) {
    checkOptions(options, "options", NAMES);
    const { root } = options;
    if (typeof root !== "string" || root === "" || root.includes("\0")) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `root is ${show(root)}: give the path of a directory`,
      );
    }
    this.#root = resolve(root);
    const directories = new DirectorySync(this.#root);
    this.#writer = new ObjectWriter(this.#root, directories);
    this.#remover = new ObjectRemover(this.#root, directories);
  }

  /**
   * Stores `body`; durable when resolved. Do not change `body` before that.
   *
   * @throws WF_STORE_ALREADY_EXISTS with `ifAbsent`, when there is an object at `key`; that one is durable
   */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    const { ifAbsent = false, signal } = options;
    const path = this.#path(key);
    await this.#writer.write({ key, path, body, ifAbsent, signal });
  }

  /**
   * The object, or those of its bytes that `range` asks for.
   *
   * @throws WF_INVALID_ARGUMENT for a range whose offset or length is no whole number, or below 0 or 1
   */
  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    const { range, signal } = options;
    const path = this.#path(key);
    signal?.throwIfAborted();
    try {
      return await readObject(path, range);
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw mapError(error, { what: `get ${key}`, stage: "before", key, path });
    }
  }

  /**
   * Removes the objects, and the directories that this leaves empty; durable when resolved. Where it fails,
   * some may have been removed: repeat it.
   */
  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const paths = checkDelete(keys, options).map((key) => this.#path(key));
    await this.#remover.remove(paths, options.signal);
  }

  /**
   * The objects in order of their keys. A directory is read when the listing comes to it, and one outside of
   * the listing is not read. `lastModified` is the time of writing by the machine's clock.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    const { startAfter = "", signal } = options;
    try {
      yield* listObjects({ root: this.#root, prefix, startAfter, signal });
    } catch (error) {
      throw mapError(error, { what: `list ${prefix}`, stage: "before", path: this.#root });
    }
  }

  #path(key: string): string {
    return join(this.#root, objectPath(key));
  }
}
