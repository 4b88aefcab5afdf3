import assert from "node:assert/strict";
import type { ObjectMeta, ObjectStore } from "@wf/core";
import { assertBody, text } from "../assertions.ts";
import type { ObjectStoreFaults } from "./object-store-subject.ts";

export interface ObjectStoreCase {
  /** Permanent, so that it can be cited. */
  readonly id: string;
  readonly title: string;
  /** Reported as skipped where the subject has no faults. */
  readonly needsFaults?: true;
  run(world: ObjectStoreWorld): Promise<void>;
}

export interface ObjectStoreWorld {
  /** Empty, and no other case's. */
  readonly store: ObjectStore;
  /** Objects that the store lists with one request. */
  readonly pageSize: number;
  readonly largeBodyBytes: number;
  /** Only for cases with `needsFaults`. */
  readonly faults: ObjectStoreFaults;
  /** Runs `act`, and where the store's requests can be counted, it has to do without any. */
  sendsNothing(act: () => Promise<unknown>): Promise<void>;
}

/** Calls that the suite has under way at a time where it only prepares or cleans up. */
const IN_FLIGHT = 64;

export async function inParallel<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  // One iterator that all share: each takes the next item.
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

/** Stores an object at each key, whose body is the key. */
export async function fill(store: ObjectStore, keys: readonly string[]): Promise<void> {
  await inParallel(keys, (key) => store.put(key, text(key)));
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

/** That the store holds these objects and no others, seen by `get` and by `list`. */
export async function assertHolds(
  store: ObjectStore,
  bodies: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const listed = await collect(store.list(""));
  assert.deepEqual(
    listed.map(({ key, size }) => [key, size]),
    [...bodies.keys()].sort().map((key) => [key, bodies.get(key)?.length]),
  );
  await inParallel([...bodies], async ([key, body]) => {
    assertBody(await store.get(key), body, key);
  });
}

/** Bytes that are not the same at any two near places, and differ by `seed`. */
export function patternedBody(length: number, seed = 0): Uint8Array {
  const body = new Uint8Array(length);
  for (let i = 0; i < length; i++) body[i] = i * 31 + (i >>> 8) * 7 + seed * 101;
  return body;
}

/** Lets what is under way go on for some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((done) => setImmediate(done));
}
