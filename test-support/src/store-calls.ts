import type { ObjectMeta, ObjectStore } from "@wf/core";

export const BODY = new TextEncoder().encode("the body");

/** More keys than any store deletes by a request each. */
export const MANY_KEYS = Array.from({ length: 20 }, (_, i) => `a/${String(i).padStart(2, "0")}`);

export type CallName =
  | "put"
  | "create"
  | "get"
  | "ranged get"
  | "list"
  | "delete"
  | "delete of many";

type Call = (store: ObjectStore, signal?: AbortSignal) => Promise<unknown>;

/** Each way to call a store. */
export const CALLS: Readonly<Record<CallName, Call>> = {
  put: (store, signal) => store.put("a/b", BODY, { signal }),
  create: (store, signal) => store.put("a/b", BODY, { ifAbsent: true, signal }),
  get: (store, signal) => store.get("a/b", { signal }),
  "ranged get": (store, signal) => store.get("a/b", { range: { offset: 2, length: 3 }, signal }),
  list: (store, signal) => collect(store.list("a/", { signal })),
  delete: (store, signal) => store.delete("a/b", { signal }),
  "delete of many": (store, signal) => store.delete(MANY_KEYS, { signal }),
};

export const CALL_NAMES = Object.keys(CALLS) as readonly CallName[];
export const READS: readonly CallName[] = ["get", "ranged get", "list"];
export const WRITES: readonly CallName[] = ["put", "create", "delete", "delete of many"];

export async function collect(listing: AsyncIterable<ObjectMeta>): Promise<ObjectMeta[]> {
  const metas: ObjectMeta[] = [];
  for await (const meta of listing) metas.push(meta);
  return metas;
}

export async function keysOf(listing: AsyncIterable<ObjectMeta>): Promise<string[]> {
  return (await collect(listing)).map(({ key }) => key);
}
