import { setImmediate as turn } from "node:timers/promises";
import type { ObjectMeta, ObjectStore } from "@wf/core";
import { onTestFinished } from "vitest";
import { AzureBlobObjectStore, type AzureBlobObjectStoreOptions } from "../src/index.ts";
import { CONTAINER, ScriptedServer } from "./scripted-server.ts";

export const BODY = Uint8Array.of(1, 2, 3);

/** A store on a scripted server of its own, which tries once unless it is told to try more often. */
export async function scriptedStore(
  options: Partial<AzureBlobObjectStoreOptions> = {},
): Promise<{ server: ScriptedServer; store: AzureBlobObjectStore }> {
  const server = await ScriptedServer.start();
  onTestFinished(() => server.stop());
  const { connectionString } = server;
  const store = new AzureBlobObjectStore({
    container: CONTAINER,
    connectionString,
    maxAttempts: 1,
    retryBackoff: { base: 0 },
    ...options,
  });
  return { server, store };
}

/** More keys than are deleted by a request each. */
export const MANY_KEYS = Array.from({ length: 20 }, (_, i) => `many/${String(i).padStart(2, "0")}`);

/** Each way to call a store. */
export const CALLS = {
  put: (store: ObjectStore, signal?: AbortSignal) => store.put("key", BODY, { signal }),
  create: (store: ObjectStore, signal?: AbortSignal) =>
    store.put("key", BODY, { ifAbsent: true, signal }),
  get: (store: ObjectStore, signal?: AbortSignal) => store.get("key", { signal }),
  "ranged get": (store: ObjectStore, signal?: AbortSignal) =>
    store.get("key", { range: { offset: 0, length: 2 }, signal }),
  list: (store: ObjectStore, signal?: AbortSignal) => collect(store.list("", { signal })),
  delete: (store: ObjectStore, signal?: AbortSignal) => store.delete("key", { signal }),
  "delete of many": (store: ObjectStore, signal?: AbortSignal) =>
    store.delete(MANY_KEYS, { signal }),
} as const;

export type CallName = keyof typeof CALLS;
export const CALL_NAMES = Object.keys(CALLS) as CallName[];
export const READS: readonly CallName[] = ["get", "ranged get", "list"];

export async function collect(listing: AsyncIterable<ObjectMeta>): Promise<ObjectMeta[]> {
  const metas: ObjectMeta[] = [];
  for await (const meta of listing) metas.push(meta);
  return metas;
}

export async function keysOf(
  store: ObjectStore,
  prefix = "",
  startAfter?: string,
): Promise<string[]> {
  return (await collect(store.list(prefix, { startAfter }))).map(({ key }) => key);
}

/** Lets what is under way come to its next wait. */
export async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}
