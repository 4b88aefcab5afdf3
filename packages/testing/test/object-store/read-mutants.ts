import { type ObjectStore, StoreError } from "@wf/core";
import { listing, type Mutant, turn } from "./mutant.ts";

/** Clients have a bounded number of connections. */
const CONNECTIONS = 50;

export const READ_MUTANTS: readonly Mutant[] = [
  {
    name: "bodies go through text",
    caughtBy: ["round-trip-001", "round-trip-003", "round-trip-007"],
    break: (store) => ({
      async get(key, options) {
        const body = await store.get(key, options);
        return body && new TextEncoder().encode(new TextDecoder().decode(body));
      },
    }),
  },
  {
    name: "an empty object reads as missing",
    caughtBy: ["round-trip-002", "range-002", "create-006"],
    break: (store) => ({
      async get(key, options) {
        const body = await store.get(key, options);
        return body?.length === 0 ? undefined : body;
      },
    }),
  },
  {
    name: "what is missing reads as empty",
    caughtBy: ["round-trip-004", "range-003", "delete-001", "consistency-002"],
    break: (store) => ({
      get: async (key, options) => (await store.get(key, options)) ?? new Uint8Array(),
    }),
  },
  {
    name: "get gives Buffers",
    caughtBy: ["round-trip-008"],
    break: (store) => ({
      async get(key, options) {
        const body = await store.get(key, options);
        return body && Buffer.from(body);
      },
    }),
  },
  {
    name: "get gives a view on the store's memory",
    caughtBy: ["put-002"],
    break(store) {
      const cache = new Map<string, Uint8Array>();
      return {
        async put(key, body, options) {
          await store.put(key, body, options);
          cache.delete(key);
        },
        async get(key, options) {
          if (options?.range) return store.get(key, options);
          const body = cache.get(key) ?? (await store.get(key, options));
          if (body !== undefined) cache.set(key, body);
          return body;
        },
      };
    },
  },
  {
    name: "get shows what was there at the first look",
    caughtBy: ["consistency-001"],
    break(store) {
      const seen = new Map<string, Uint8Array>();
      return {
        async get(key, options) {
          const body = seen.get(key) ?? (await store.get(key));
          if (body !== undefined) seen.set(key, body);
          const { offset = 0, length = body?.length ?? 0 } = options?.range ?? {};
          return body?.slice(offset, offset + length);
        },
      };
    },
  },
  {
    name: "the end of a range is taken as inclusive",
    caughtBy: ["range-001", "range-005"],
    break: (store) => ({
      get(key, options = {}) {
        const { range, signal } = options;
        if (range === undefined || range.length >= Number.MAX_SAFE_INTEGER) {
          return store.get(key, options);
        }
        return store.get(key, { range: { ...range, length: range.length + 1 }, signal });
      },
    }),
  },
  {
    name: "a range that begins past the end fails",
    caughtBy: ["range-002"],
    break: (store) => ({
      async get(key, options) {
        const size = (await store.get(key))?.length ?? Number.POSITIVE_INFINITY;
        if (options?.range && options.range.offset >= size) throw new Error("416");
        return store.get(key, options);
      },
    }),
  },
  {
    name: "a range that reaches past the end is read as if it were missing",
    caughtBy: ["range-002", "range-005"],
    break: (store) => ({
      async get(key, options) {
        const body = await store.get(key, options);
        return options?.range && body && body.length < options.range.length ? undefined : body;
      },
    }),
  },
  {
    name: "ranges are not checked",
    caughtBy: ["range-004"],
    break: (store) => ({
      async get(key, options) {
        const body = await store.get(key, { signal: options?.signal });
        const { offset = 0, length = body?.length ?? 0 } = options?.range ?? {};
        return body?.slice(offset, offset + length);
      },
    }),
  },
  {
    name: "aborts are ignored",
    caughtBy: ["abort-001", "abort-004"],
    break: (store) => ({
      put: (key, body, options) => store.put(key, body, { ifAbsent: options?.ifAbsent }),
      get: (key, options) => store.get(key, { range: options?.range }),
      delete: (keys) => store.delete(keys),
      list: (prefix, options) => store.list(prefix, { startAfter: options?.startAfter }),
    }),
  },
  {
    name: "what an abort throws is an error of the store's own",
    caughtBy: ["abort-001", "abort-003"],
    break: (store) => ({
      async get(key, options) {
        await turn();
        if (options?.signal?.aborted) throw new StoreError("WF_STORE_UNAVAILABLE", "aborted");
        return store.get(key, options);
      },
    }),
  },
  {
    name: "a listing looks for an abort as it begins and not later",
    caughtBy: ["abort-004"],
    break: (store) => ({ list: listing(store, (metas) => metas) }),
  },
  {
    name: "a listing that is left keeps its connection",
    caughtBy: ["list-009"],
    break(store) {
      let free = CONNECTIONS;
      return {
        async *list(...args) {
          if (free === 0) throw new StoreError("WF_STORE_UNAVAILABLE", "no connection is free");
          free--;
          yield* store.list(...args);
          free++;
        },
      };
    },
  },
  {
    name: "a listing that is left fails",
    caughtBy: ["list-007", "list-009", "paging-003"],
    break: (store) => ({ list: failingWhenLeft(store) }),
  },
];

function failingWhenLeft(store: ObjectStore): ObjectStore["list"] {
  return async function* (...args) {
    let complete = false;
    try {
      yield* store.list(...args);
      complete = true;
    } catch (error) {
      complete = true;
      throw error;
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: the fault that is to be noticed
      if (!complete) throw new StoreError("WF_STORE_UNAVAILABLE", "the connection was closed");
    }
  };
}
