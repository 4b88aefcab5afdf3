import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";

export interface RequestCounts {
  readonly puts: number;
  readonly gets: number;
  /** Calls; one call may remove several objects. */
  readonly deletes: number;
  /** Calls; a cloud store answers one in pages. */
  readonly lists: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  /** Of a queue's puts: those that complete a snapshot. */
  readonly snapshots: number;
  /** Of the bytes written: those of snapshots. */
  readonly snapshotBytes: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NONE: RequestCounts = {
  puts: 0,
  gets: 0,
  deletes: 0,
  lists: 0,
  bytesWritten: 0,
  bytesRead: 0,
  snapshots: 0,
  snapshotBytes: 0,
};

/** Counts the requests to a store and their bytes, failed ones included. */
export class CountingObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  #counts: Mutable<RequestCounts> = { ...NONE };

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** What was counted since the last call, which starts the counting anew. */
  take(): RequestCounts {
    const counts = this.#counts;
    this.#counts = { ...NONE };
    return counts;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    this.#counts.puts++;
    this.#counts.bytesWritten += body.length;
    if (key.includes("/snapshots/")) {
      if (key.endsWith("/whole")) this.#counts.snapshots++;
      this.#counts.snapshotBytes += body.length;
    }
    return this.#store.put(key, body, options);
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    this.#counts.gets++;
    const body = await this.#store.get(key, options);
    this.#counts.bytesRead += body?.length ?? 0;
    return body;
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    this.#counts.deletes++;
    return this.#store.delete(keys, options);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    this.#counts.lists++;
    return this.#store.list(prefix, options);
  }
}

/** All requests together. */
export function requestsOf({ puts, gets, deletes, lists }: RequestCounts): number {
  return puts + gets + deletes + lists;
}
