import type { Clock } from "../clock.ts";
import { describeError, StoreError, WfError } from "../errors.ts";
import { createObject } from "../store/create-object.ts";
import { decodeFrame, encodeFrame, type FrameKind } from "../store/frame.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { MEMO_FRAME } from "./memo-keys.ts";

/**
 * Waits between the tries of a write. What is written was paid for already: giving up at the first
 * refusal of a busy store would make the next attempt of the step pay again.
 */
const WRITE_BACKOFF_MS = [100, 400, 1_600] as const;

/** The memo's objects in their frame. Every failure of the store surfaces as a {@link StoreError}. */
export class MemoObjects {
  readonly #store: ObjectStore;
  readonly #clock: Clock;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async read(key: string, kind: FrameKind = MEMO_FRAME): Promise<Uint8Array | undefined> {
    const stored = await guarded("WF_STORE_UNAVAILABLE", key, () => this.#store.get(key));
    return stored === undefined ? undefined : decodeFrame(kind, key, stored);
  }

  async write(key: string, kind: FrameKind, body: Uint8Array): Promise<void> {
    const frame = encodeFrame(kind, body);
    await this.#persist(key, () => this.#store.put(key, frame));
  }

  /** Creates the entry unless there is one; either way gives the body that is there now. */
  async create(key: string, body: Uint8Array): Promise<Uint8Array> {
    const frame = encodeFrame(MEMO_FRAME, body);
    const result = await this.#persist(key, () => createObject(this.#store, key, frame));
    return result.created ? body : decodeFrame(MEMO_FRAME, key, result.existing);
  }

  async remove(keys: string | readonly string[]): Promise<void> {
    const first = typeof keys === "string" ? keys : (keys[0] ?? "");
    await guarded("WF_STORE_OUTCOME_UNKNOWN", first, () => this.#store.delete(keys));
  }

  async *keys(prefix: string): AsyncIterable<string> {
    try {
      for await (const { key } of this.#store.list(prefix)) yield key;
    } catch (error) {
      throw asStoreError("WF_STORE_UNAVAILABLE", prefix, error);
    }
  }

  async #persist<T>(key: string, write: () => Promise<T>): Promise<T> {
    for (const waitMs of WRITE_BACKOFF_MS) {
      try {
        return await write();
      } catch (error) {
        if (!mayPass(error)) throw error;
      }
      await this.#clock.sleep(waitMs);
    }
    return await guarded("WF_STORE_OUTCOME_UNKNOWN", key, write);
  }
}

function mayPass(error: unknown): boolean {
  // "Already exists" comes out of a create only where the winner was deleted before it could be read.
  return !WfError.is(error) || error.retry !== "never" || error.code === "WF_STORE_ALREADY_EXISTS";
}

type FailureCode = "WF_STORE_UNAVAILABLE" | "WF_STORE_OUTCOME_UNKNOWN";

async function guarded<T>(code: FailureCode, key: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asStoreError(code, key, error);
  }
}

/** A store of a third party may throw anything; what it throws is no reason to give up on a run. */
function asStoreError(code: FailureCode, key: string, error: unknown): WfError {
  if (WfError.is(error) && error.code !== "WF_STORE_ALREADY_EXISTS") return error;
  const message = `${key}: the store failed: ${describeError(error)}`;
  return new StoreError(code, message, { key, cause: error });
}
