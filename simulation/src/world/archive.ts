import type { GetOptions, ListOptions, ObjectStore, PutOptions } from "@wf/core";
import { MemoryObjectStore } from "@wf/testing";
import type { Moment, World } from "./world.ts";

/** An object as it was first written; its bytes belong to the store of the process that wrote it, which keeps its own. */
export interface Landing {
  readonly key: string;
  readonly body: Uint8Array;
  /** Number of the process. */
  readonly by: number;
  readonly landed: Moment;
}

/**
 * The store behind all processes, and the memory of what was first in each key: slots of the log are never
 * rewritten, so that is the history, whatever was collected since.
 */
export class Archive {
  readonly store: MemoryObjectStore;
  readonly first = new Map<string, Landing>();
  readonly lastPut = new Map<string, Moment>();
  readonly #world: World;
  /** Objects removed, by the first part of their key below the prefix. */
  readonly deleted = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    this.store = new MemoryObjectStore({ clock: world.clock });
  }

  /** The store as a process has it. */
  seenBy(process: number): ObjectStore {
    const { store } = this;
    return {
      put: async (key: string, body: Uint8Array, options?: PutOptions) => {
        await store.put(key, body, options);
        const landed = this.#world.now();
        this.lastPut.set(key, landed);
        if (this.first.has(key)) return;
        this.first.set(key, { key, body, by: process, landed });
      },
      get: (key: string, options?: GetOptions) => store.get(key, options),
      delete: async (keys: string | readonly string[]) => {
        await store.delete(keys);
        for (const key of typeof keys === "string" ? [keys] : keys) this.#countDeleted(key);
      },
      list: (prefix: string, options?: ListOptions) => store.list(prefix, options),
    };
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list(prefix)) keys.push(key);
    return keys;
  }

  #countDeleted(key: string): void {
    const kind = key.split("/")[1] ?? "";
    this.deleted.set(kind, (this.deleted.get(kind) ?? 0) + 1);
  }
}
