import { type ObjectStore, StoreError, WfError } from "@wf/core";
import type { Mutant } from "./mutant.ts";

/** What an adapter may make of faults on the way, over one that tells them as they are. */
export const FAULT_MUTANTS: readonly Mutant[] = [
  {
    name: "what the connection throws is passed on as it is",
    caughtBy: [
      ...["fault-001", "fault-002", "fault-003", "fault-004", "fault-005", "fault-006"],
      ...["fault-007", "fault-008", "fault-009", "fault-010", "fault-011"],
    ],
    break: (store) => onFailure(store, (error) => Promise.reject(error.cause)),
  },
  {
    name: "a lost answer is told as if nothing had happened",
    caughtBy: ["fault-004", "fault-005", "fault-007", "fault-009"],
    break: (store) =>
      onFailure(store, ({ message }) => {
        throw new StoreError("WF_STORE_UNAVAILABLE", message);
      }),
  },
  {
    name: "a lost answer is taken for success",
    caughtBy: ["fault-002", "fault-003", "fault-005", "fault-006", "fault-008", "fault-010"],
    break: (store) => onFailure(store, async () => undefined),
  },
  {
    name: "a create without an answer is told as an object that exists",
    caughtBy: ["fault-003", "fault-006"],
    break: (store) => ({
      async put(key, body, options) {
        try {
          await store.put(key, body, options);
        } catch (error) {
          if (!options?.ifAbsent || !isUnknown(error)) throw error;
          throw new StoreError("WF_STORE_ALREADY_EXISTS", key, { key });
        }
      },
    }),
  },
  {
    name: "a create without an answer is repeated as a plain put",
    caughtBy: ["fault-002", "fault-005", "fault-013"],
    break: (store) => ({
      async put(key, body, options) {
        try {
          await store.put(key, body, options);
        } catch (error) {
          if (!isUnknown(error)) throw error;
          await store.put(key, body);
        }
      },
    }),
  },
  {
    name: "a get takes what came before the connection broke for the whole",
    caughtBy: ["fault-011"],
    break: (store) => ({
      async get(key, options) {
        try {
          return await store.get(key, options);
        } catch {
          return (await store.get(key, options))?.subarray(0, 1_000);
        }
      },
    }),
  },
  {
    name: "a listing ends where the connection breaks",
    caughtBy: ["fault-012"],
    break: (store) => ({
      async *list(...args) {
        try {
          yield* store.list(...args);
        } catch (error) {
          if (!WfError.is(error, "WF_STORE_UNAVAILABLE")) throw error;
        }
      },
    }),
  },
  {
    name: "an abort is looked for before the request alone",
    caughtBy: ["abort-005"],
    break: (store) => ({
      async get(key, { signal, range } = {}) {
        signal?.throwIfAborted();
        return store.get(key, { range });
      },
    }),
  },
  {
    name: "one call is made at a time",
    caughtBy: ["fault-014"],
    hangs: true,
    break(store) {
      let last: Promise<unknown> = Promise.resolve();
      const inTurn = <T>(call: () => Promise<T>): Promise<T> => {
        const mine = last.then(call, call);
        last = mine;
        return mine;
      };
      return {
        put: (...args) => inTurn(() => store.put(...args)),
        get: (...args) => inTurn(() => store.get(...args)),
        delete: (...args) => inTurn(() => store.delete(...args)),
      };
    },
  },
  {
    name: "a key is checked after a first request",
    caughtBy: ["keys-001"],
    break: (store) => ({
      async get(key, options) {
        await store.get("kept");
        return store.get(key, options);
      },
    }),
  },
];

function isUnknown(error: unknown): boolean {
  return WfError.is(error, "WF_STORE_OUTCOME_UNKNOWN");
}

/** All methods but `list`, with `handle` for what they throw when the connection fails. */
function onFailure(
  store: ObjectStore,
  handle: (error: StoreError) => Promise<undefined>,
): Partial<ObjectStore> {
  const guarded = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (error instanceof StoreError && error.retry !== "never") return handle(error) as T;
      throw error;
    }
  };
  return {
    put: (...args) => guarded(store.put(...args)),
    get: (...args) => guarded(store.get(...args)),
    delete: (...args) => guarded(store.delete(...args)),
  };
}
