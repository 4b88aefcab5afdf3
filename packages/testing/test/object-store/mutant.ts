import { type ObjectMeta, type ObjectStore, StoreError } from "@wf/core";
import { collect } from "../../src/conformance/object-store/object-store-case.ts";

/** A store that breaks the contract in one way, and the cases that have to notice. */
export interface Mutant {
  readonly name: string;
  readonly caughtBy: readonly string[];
  /** The cases that notice do not end: that is for the test runner to notice. */
  readonly hangs?: true;
  /** The methods that are broken, over a store that works. */
  break(store: ObjectStore): Partial<ObjectStore>;
}

/** `store` with some methods replaced. */
export function mutated(store: ObjectStore, replaced: Partial<ObjectStore>): ObjectStore {
  return {
    put: (...args) => store.put(...args),
    get: (...args) => store.get(...args),
    delete: (...args) => store.delete(...args),
    list: (...args) => store.list(...args),
    ...replaced,
  };
}

export function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

export function alreadyExists(key: string): StoreError {
  return new StoreError("WF_STORE_ALREADY_EXISTS", `${key}: there is an object already`, { key });
}

/** A list method that gives what `change` makes of the whole listing. */
export function listing(
  store: ObjectStore,
  change: (metas: ObjectMeta[]) => readonly ObjectMeta[],
): ObjectStore["list"] {
  return async function* (...args) {
    yield* change(await collect(store.list(...args)));
  };
}

/** All methods with keys that are changed on the way in; listings show them so. */
export function withKeys(
  store: ObjectStore,
  change: (key: string) => string,
): Partial<ObjectStore> {
  return {
    put: (key, ...rest) => store.put(change(key), ...rest),
    get: (key, ...rest) => store.get(change(key), ...rest),
    delete: (keys, ...rest) => store.delete([keys].flat().map(change), ...rest),
  };
}
