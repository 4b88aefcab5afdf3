import type { ObjectStore } from "@wf/core";
import {
  ObjectStoreQueue,
  type ObjectStoreQueueOptions,
  ObjectStoreQueueReader,
  type ObjectStoreQueueReaderOptions,
} from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";

export const PREFIX = "queue";

let opened = 0;

/** Opens a queue on virtual time, with a seed of its own. */
export function openQueue(
  store: ObjectStore,
  options: Partial<ObjectStoreQueueOptions> = {},
): Promise<ObjectStoreQueue> {
  const { clock = new MockClock(), random = seededRandom(++opened) } = options;
  return ObjectStoreQueue.open(store, { prefix: PREFIX, clock, random, ...options });
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

export async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** The payloads of all pending jobs of a queue, in claim order. */
export async function pending(
  queue: ObjectStoreQueue,
  name: string,
): Promise<(string | undefined)[]> {
  const page = await queue.inspect.listJobs(name, "pending", { limit: 1_000 });
  return page.items.map((job) => text(job.payload));
}

/** Opens a reader on virtual time, with a seed of its own. */
export function openReader(
  store: ObjectStore,
  options: Partial<ObjectStoreQueueReaderOptions> = {},
): Promise<ObjectStoreQueueReader> {
  const { clock = new MockClock(), random = seededRandom(++opened) } = options;
  return ObjectStoreQueueReader.open(store, { prefix: PREFIX, clock, random, ...options });
}

/** A copy of a store with every object changed, or left out, by `change`. */
export async function copyOf(
  store: ObjectStore,
  change: (key: string, body: Uint8Array) => Uint8Array | undefined,
): Promise<MemoryObjectStore> {
  const copy = new MemoryObjectStore();
  for (const key of await keysOf(store)) {
    const body = change(key, (await store.get(key)) as Uint8Array);
    if (body !== undefined) await copy.put(key, body);
  }
  return copy;
}
