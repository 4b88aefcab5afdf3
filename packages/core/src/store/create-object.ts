import { checkObjectStore } from "../component-checks.ts";
import { StoreError, WfError } from "../errors.ts";
import { checkPut } from "./checks.ts";
import type { ObjectStore, StoreCallOptions } from "./object-store.ts";

/** How a create ended: `created`, or lost to the object that is there, with its bytes. */
export type CreateResult =
  | { readonly created: true }
  | { readonly created: false; readonly existing: Uint8Array };

/**
 * Creates an object and settles a create whose answer was lost: on "already exists" it reads the winner
 * and, finding its own bytes, reports success. Two creators that must be told apart need something
 * unique in their bodies.
 *
 * @throws WF_STORE_ALREADY_EXISTS when the winner was deleted before it could be read
 * @throws whatever the store throws; after WF_STORE_OUTCOME_UNKNOWN, call again with the same body
 */
export async function createObject(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  options: StoreCallOptions = {},
): Promise<CreateResult> {
  checkObjectStore(store);
  checkPut(key, body, options);
  try {
    await store.put(key, body, { ifAbsent: true, signal: options.signal });
    return { created: true };
  } catch (error) {
    if (!WfError.is(error, "WF_STORE_ALREADY_EXISTS")) throw error;
    const existing = await store.get(key, { signal: options.signal });
    if (existing === undefined) {
      throw new StoreError(
        "WF_STORE_ALREADY_EXISTS",
        `${key}: an object was there when it was to be created, and was deleted before it could be read`,
        { key, cause: error },
      );
    }
    return equalBytes(existing, body) ? { created: true } : { created: false, existing };
  }
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
