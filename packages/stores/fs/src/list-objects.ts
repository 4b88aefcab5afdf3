import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectMeta } from "@wf/core";
import { checkObjectKey } from "@wf/core/adapter";
import { directoryPath, directorySegment, objectPath, objectSegment } from "./key-path.ts";
import { isSystemError } from "./map-error.ts";

/** Objects whose size is asked for at a time. */
const STAT_BATCH = 64;

export interface Listing {
  readonly root: string;
  readonly prefix: string;
  readonly startAfter: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The objects of a listing in ascending order of their keys. Directories are read as the listing comes to
 * them, and those outside of it not at all. What disappears on the way is left out.
 */
export async function* listObjects(listing: Listing): AsyncGenerator<ObjectMeta> {
  listing.signal?.throwIfAborted();
  const start = listing.prefix.slice(0, listing.prefix.lastIndexOf("/") + 1);
  if (canHoldKeys(start)) yield* listDirectory(listing, start);
}

/** Keeps a prefix that no key has, such as `../`, from becoming a path. */
function canHoldKeys(keyPrefix: string): boolean {
  try {
    if (keyPrefix !== "") checkObjectKey(keyPrefix.slice(0, -1));
    return true;
  } catch {
    return false;
  }
}

/** `keyPrefix` is "" or ends in "/". */
async function* listDirectory(listing: Listing, keyPrefix: string): AsyncGenerator<ObjectMeta> {
  const entries = await readEntries(listing, keyPrefix);
  for (let i = 0; i < entries.length; ) {
    const entry = entries[i] as string;
    listing.signal?.throwIfAborted();
    if (entry.endsWith("/")) {
      yield* listDirectory(listing, entry);
      i++;
    } else {
      const keys = objectsFrom(entries, i);
      const metas = await Promise.all(keys.map((key) => readMeta(listing.root, key)));
      for (const meta of metas) {
        listing.signal?.throwIfAborted();
        if (meta !== undefined) yield meta;
      }
      i += keys.length;
    }
  }
}

/**
 * What a directory holds of the listing, in its order: keys of objects, and of directories the prefix of
 * their keys, ending in "/". Sorted with that "/", a directory stands where its keys belong.
 */
async function readEntries(listing: Listing, keyPrefix: string): Promise<string[]> {
  const { root, prefix, startAfter } = listing;
  const entries: string[] = [];
  for (const dirent of await readDirectory(join(root, directoryPath(keyPrefix)))) {
    const name = keyName(dirent);
    if (name === undefined) continue;
    const entry = keyPrefix + name;
    const isDirectory = name.endsWith("/");
    const inPrefix = entry.startsWith(prefix) || (isDirectory && prefix.startsWith(entry));
    const isAfter = entry > startAfter || (isDirectory && startAfter.startsWith(entry));
    if (inPrefix && isAfter) entries.push(entry);
  }
  return entries.sort();
}

async function readDirectory(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}

/** The last part of a key for an object, a part with "/" for a directory, undefined for what is not ours. */
function keyName(dirent: Dirent): string | undefined {
  if (dirent.isFile()) return objectSegment(dirent.name);
  if (!dirent.isDirectory()) return undefined;
  const segment = directorySegment(dirent.name);
  return segment === undefined ? undefined : `${segment}/`;
}

/** The run of objects that starts at `start`, up to one batch. */
function objectsFrom(entries: readonly string[], start: number): string[] {
  let end = start + 1;
  while (end < entries.length && end - start < STAT_BATCH && !entries[end]?.endsWith("/")) end++;
  return entries.slice(start, end);
}

async function readMeta(root: string, key: string): Promise<ObjectMeta | undefined> {
  let stats: Stats;
  try {
    stats = await stat(join(root, objectPath(key)));
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
  return { key, size: stats.size, lastModified: Math.floor(stats.mtimeMs) };
}
