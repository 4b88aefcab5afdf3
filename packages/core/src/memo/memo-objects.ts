import type { Clock } from "../clock.ts";
import { describeError, StoreError, WfError } from "../errors.ts";
import { createObject } from "../store/create-object.ts";
import { decodeFrame, encodeFrame, type FrameKind } from "../store/frame.ts";
import type { ObjectStore } from "../store/object-store.ts";

/**
 * Waits between the tries of a write. What is written was paid for already: giving up at the first
 * refusal of a busy store would make the next attempt of the step pay again.
 */
const WRITE_BACKOFF_MS = [100, 400, 1_600] as const;

/**
 * The memo's objects below its prefix, by name: what their keys have after it. Each is in a frame whose body is
 * the name, in ASCII, and the value, so that an object at another's key is noticed. Every failure of the store
 * surfaces as a {@link StoreError}.
 */
export class MemoObjects {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #clock: Clock;

  constructor(store: ObjectStore, prefix: string, clock: Clock) {
    this.#store = store;
    this.#prefix = `${prefix}/`;
    this.#clock = clock;
  }

  /** The key of the object, for messages. */
  keyOf(name: string): string {
    return this.#prefix + name;
  }

  /** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming the key */
  async read(name: string, kind: FrameKind): Promise<Uint8Array | undefined> {
    const key = this.keyOf(name);
    const stored = await guarded("WF_STORE_UNAVAILABLE", key, () => this.#store.get(key));
    return stored === undefined ? undefined : decodeValue(kind, key, name, stored);
  }

  async write(name: string, kind: FrameKind, value: Uint8Array): Promise<void> {
    const key = this.keyOf(name);
    const frame = encodeFrame(kind, Buffer.from(name), value);
    await this.#persist(key, () => this.#store.put(key, frame));
  }

  /** Creates the object unless there is one; either way gives the value that is there now. */
  async create(name: string, kind: FrameKind, value: Uint8Array): Promise<Uint8Array> {
    const key = this.keyOf(name);
    const frame = encodeFrame(kind, Buffer.from(name), value);
    const result = await this.#persist(key, () => createObject(this.#store, key, frame));
    return result.created ? value : decodeValue(kind, key, name, result.existing);
  }

  /** Missing ones are no error. */
  async remove(names: readonly string[]): Promise<void> {
    const keys = names.map((name) => this.keyOf(name));
    await guarded("WF_STORE_OUTCOME_UNKNOWN", keys[0] ?? "", () => this.#store.delete(keys));
  }

  /** The names that start with `start`, in their order. */
  async *names(start: string): AsyncIterable<string> {
    const prefix = this.keyOf(start);
    try {
      for await (const { key } of this.#store.list(prefix)) yield key.slice(this.#prefix.length);
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

function decodeValue(kind: FrameKind, key: string, name: string, stored: Uint8Array): Uint8Array {
  const body = decodeFrame(kind, key, stored);
  const found = Buffer.from(body.subarray(0, name.length)).toString("latin1");
  if (found === name) return body.subarray(name.length);
  throw new StoreError(
    "WF_DATA_CORRUPT",
    `${key}: the object is damaged: it was stored at another key; restore it from a copy`,
    { key },
  );
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
