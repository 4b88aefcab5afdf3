import { type ObjectStore, StoreError } from "@wf/core";
import { alreadyExists, type Mutant, turn, withKeys } from "./mutant.ts";

export const WRITE_MUTANTS: readonly Mutant[] = [
  {
    name: "a create looks first and writes afterwards",
    caughtBy: ["create-004", "create-005", "create-010", "create-011"],
    break: (store) => ({
      async put(key, body, options = {}) {
        if (options.ifAbsent && (await store.get(key)) !== undefined) throw alreadyExists(key);
        await turn();
        await store.put(key, body, { signal: options.signal });
      },
    }),
  },
  {
    name: "ifAbsent is ignored",
    caughtBy: ["create-002", "create-004", "create-005", "create-006", "create-011"],
    break: (store) => ({
      put: (key, body, options) => store.put(key, body, { signal: options?.signal }),
    }),
  },
  {
    name: "ifAbsent is taken as given where it is undefined",
    caughtBy: ["put-007"],
    break: (store) => ({
      put: (key, body, options = {}) =>
        store.put(key, body, { ...options, ifAbsent: "ifAbsent" in options }),
    }),
  },
  {
    name: "a conflict with a delete that is under way is told as an object that exists",
    caughtBy: ["create-008"],
    break(store) {
      const deleting = new Set<string>();
      return {
        async put(key, body, options) {
          if (options?.ifAbsent && deleting.has(key)) throw alreadyExists(key);
          await store.put(key, body, options);
        },
        async delete(keys, options) {
          for (const key of [keys].flat()) deleting.add(key);
          await store.delete(keys, options);
          await turn();
          for (const key of [keys].flat()) deleting.delete(key);
        },
      };
    },
  },
  {
    name: "a delete is sent once more after it was done",
    caughtBy: ["create-009"],
    break: (store) => ({
      async delete(keys, options) {
        await store.delete(keys, options);
        await turn();
        await store.delete(keys, options);
      },
    }),
  },
  {
    name: "a key that was created once counts as there for ever",
    caughtBy: ["create-003", "consistency-001"],
    break(store) {
      const created = new Set<string>();
      return {
        async put(key, body, options) {
          if (options?.ifAbsent && created.has(key)) throw alreadyExists(key);
          await store.put(key, body, options);
          created.add(key);
        },
      };
    },
  },
  {
    name: "an empty object counts as absent",
    caughtBy: ["create-006"],
    break: (store) => ({
      async put(key, body, options) {
        const existing = await store.get(key);
        await store.put(key, body, existing?.length === 0 ? {} : options);
      },
    }),
  },
  {
    name: "an object counts as there when another key starts with its own",
    caughtBy: ["create-007"],
    break: (store) => ({
      async put(key, body, options) {
        if (options?.ifAbsent) for await (const _ of store.list(key)) throw alreadyExists(key);
        await store.put(key, body, options);
      },
    }),
  },
  {
    name: "a create takes the key and forgets the body",
    caughtBy: ["create-001", "create-004", "create-007", "abort-002"],
    break: (store) => ({
      put: (key, body, options) =>
        store.put(key, options?.ifAbsent ? new Uint8Array() : body, options),
    }),
  },
  {
    name: "a put leaves an object that is there as it is",
    caughtBy: ["put-001", "consistency-001"],
    break: (store) => ({
      async put(key, body, options) {
        if (options?.ifAbsent || (await store.get(key)) === undefined) {
          await store.put(key, body, options);
        }
      },
    }),
  },
  {
    name: "a replacement can be seen half-written",
    caughtBy: ["put-005"],
    break: (store) => ({
      async put(key, body, options) {
        if ((await store.get(key)) !== undefined && !options?.ifAbsent) {
          await store.put(key, body.subarray(0, body.length / 2), options);
          await turn();
        }
        await store.put(key, body, options);
      },
    }),
  },
  {
    name: "a replacement deletes the old object first",
    caughtBy: ["put-005"],
    break: (store) => ({
      async put(key, body, options) {
        if (!options?.ifAbsent) await store.delete(key);
        await turn();
        await store.put(key, body, options);
      },
    }),
  },
  {
    name: "puts under way share one buffer",
    caughtBy: ["put-006", "create-004"],
    break(store) {
      let buffer: Uint8Array;
      return {
        async put(key, body, options) {
          buffer = body;
          await turn();
          await store.put(key, buffer, options);
        },
      };
    },
  },
  {
    name: "the store keeps the caller's buffer",
    caughtBy: ["put-002"],
    break(store) {
      const kept = new Map<string, Uint8Array>();
      return {
        async put(key, body, options) {
          await store.put(key, body, options);
          kept.set(key, body);
        },
        async get(key, options) {
          const body = await store.get(key, options);
          return options?.range || body === undefined ? body : kept.get(key)?.slice();
        },
      };
    },
  },
  {
    name: "a view is stored with what surrounds it",
    caughtBy: ["put-003"],
    break: (store) => ({
      put: (key, body, options) =>
        store.put(key, body.buffer ? new Uint8Array(body.buffer) : body, options),
    }),
  },
  {
    name: "any body is made into bytes",
    caughtBy: ["put-004"],
    break: (store) => ({
      put: (key, body, options) =>
        store.put(key, body instanceof Uint8Array ? body : new TextEncoder().encode(body), options),
    }),
  },
  {
    name: "a large body is stored without what is left of its last part",
    caughtBy: ["round-trip-003", "round-trip-006"],
    break: (store) => ({
      put: (key, body, options) =>
        store.put(key, body.subarray(0, wholeParts(body.length)), options),
    }),
  },
  {
    name: "an object hides the one at the start of its key",
    caughtBy: ["keys-003", "round-trip-005", "create-007", "delete-001"],
    break: (store) => ({
      async put(key, body, options) {
        await store.put(key, body, options);
        const parent = key.slice(0, Math.max(0, key.lastIndexOf("/")));
        if (parent !== "") await store.delete(parent).catch(() => {});
      },
    }),
  },
  {
    name: "keys are the same whatever their case",
    caughtBy: ["keys-004", "round-trip-005", "list-001"],
    break: (store) => withKeys(store, (key) => key.toLowerCase()),
  },
  {
    name: "long keys are cut",
    caughtBy: ["keys-005", "round-trip-005"],
    break: (store) => withKeys(store, (key) => key.slice(0, 255).replace(/\/$/, "")),
  },
  {
    name: "an illegal key is made legal",
    caughtBy: ["keys-001"],
    break: (store) => withKeys(store, (key) => key.replaceAll(/[^\w.=/-]/g, "_")),
  },
  {
    name: "keys are checked one by one as they are deleted",
    caughtBy: ["keys-001"],
    break: (store) => ({
      async delete(keys, options) {
        for (const key of [keys].flat()) await store.delete(key, options);
        options?.signal?.throwIfAborted();
      },
    }),
  },
  {
    name: "a delete of what is not there fails",
    caughtBy: ["delete-002", "delete-003", "delete-005"],
    break: (store) => ({
      async delete(keys, options) {
        for (const key of new Set([keys].flat())) await deleteExisting(store, key, options);
      },
    }),
  },
  {
    name: "options that are none count as not given",
    caughtBy: ["keys-006"],
    break: (store) => ({
      put: (key, body, options) => store.put(key, body, Object(options) === options ? options : {}),
    }),
  },
  {
    name: "a delete of many stops after 1,000",
    caughtBy: ["delete-003"],
    break: (store) => ({
      delete: (keys, options) => store.delete([keys].flat().slice(0, 1_000), options),
    }),
  },
  {
    name: "a delete refuses a list with a key twice",
    caughtBy: ["delete-004", "delete-003"],
    break: (store) => ({
      async delete(keys, options) {
        if (new Set([keys].flat()).size < [keys].flat().length) throw new Error("malformed");
        await store.delete(keys, options);
      },
    }),
  },
  {
    name: "a delete takes the keys below with it",
    caughtBy: ["delete-001", "keys-003"],
    break: (store) => ({
      async delete(keys, options) {
        await store.delete(keys, options);
        for (const key of [keys].flat()) {
          for await (const meta of store.list(`${key}/`)) await store.delete(meta.key);
        }
      },
    }),
  },
  {
    name: "what a put that was aborted had written by then stays",
    caughtBy: ["abort-002"],
    break: (store) => ({
      async put(key, body, options) {
        await store.put(key, body.subarray(0, body.length / 2), options);
        await turn();
        options?.signal?.throwIfAborted();
        await store.put(key, body);
      },
    }),
  },
];

function wholeParts(length: number): number {
  const part = 1_048_576;
  return length <= part ? length : length - (length % part);
}

async function deleteExisting(
  store: ObjectStore,
  ...[key, options]: [string, Parameters<ObjectStore["delete"]>[1]]
): Promise<void> {
  if ((await store.get(key, options)) === undefined) {
    throw new StoreError("WF_STORE_UNAVAILABLE", `${key}: not found`, { key });
  }
  await store.delete(key, options);
}
