import type { ObjectMeta, ObjectStore } from "@wf/core";
import { onTestFinished } from "vitest";
import { GcsObjectStore, type GcsObjectStoreOptions } from "../src/index.ts";
import { ScriptedServer, type Step } from "./scripted-server.ts";

/** A store on a server that answers as scripted. It repeats at once, unless `options` say otherwise. */
export async function scriptedStore(
  steps: readonly Step[],
  options: Partial<GcsObjectStoreOptions> = {},
): Promise<{ store: GcsObjectStore; server: ScriptedServer }> {
  const server = await ScriptedServer.open(...steps);
  onTestFinished(() => server.close());
  const store = new GcsObjectStore({
    bucket: "some-bucket",
    apiEndpoint: server.url,
    retryBackoff: { base: 0 },
    ...options,
  });
  return { store, server };
}

export const BODY = new TextEncoder().encode("the body");

/** Each way to call a store. */
export const CALLS = {
  create: (store: ObjectStore, signal?: AbortSignal) =>
    store.put("a/b", BODY, { ifAbsent: true, signal }),
  replace: (store: ObjectStore, signal?: AbortSignal) => store.put("a/b", BODY, { signal }),
  get: (store: ObjectStore, signal?: AbortSignal) => store.get("a/b", { signal }),
  range: (store: ObjectStore, signal?: AbortSignal) =>
    store.get("a/b", { signal, range: { offset: 2, length: 3 } }),
  delete: (store: ObjectStore, signal?: AbortSignal) => store.delete("a/b", { signal }),
  list: (store: ObjectStore, signal?: AbortSignal) => collect(store.list("a/", { signal })),
} as const;

export type Call = keyof typeof CALLS;
export const ALL = Object.keys(CALLS) as Call[];
export const WRITES: readonly Call[] = ["create", "replace", "delete"];
export const READS: readonly Call[] = ["get", "range", "list"];

export async function collect(listing: AsyncIterable<ObjectMeta>): Promise<ObjectMeta[]> {
  const metas: ObjectMeta[] = [];
  for await (const meta of listing) metas.push(meta);
  return metas;
}
