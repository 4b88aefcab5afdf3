import type { ObjectMeta, ObjectStore } from "@wf/core";
import { text } from "./assertions.ts";

export interface ObjectStoreCase {
  /** Permanent, so that it can be cited. */
  readonly id: string;
  readonly title: string;
  /** Runs against an empty store of its own. */
  run(store: ObjectStore): Promise<void>;
}

export async function fill(store: ObjectStore, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => store.put(key, text(key))));
}

export async function keysOf(
  store: ObjectStore,
  prefix: string,
  startAfter?: string,
): Promise<string[]> {
  return (await collect(store.list(prefix, { startAfter }))).map(({ key }) => key);
}

export async function collect(listing: AsyncIterable<ObjectMeta>): Promise<ObjectMeta[]> {
  const metas: ObjectMeta[] = [];
  for await (const meta of listing) metas.push(meta);
  return metas;
}
