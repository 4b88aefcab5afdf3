import { checkFunction } from "../argument-checks.ts";
import { checkBytes } from "../queue/checks.ts";
import { canonicalEncoding } from "./canonical-encoding.ts";
import { contentUserKey, MEMO_FRAME, memoName } from "./memo-keys.ts";
import type { MemoObjects } from "./memo-objects.ts";
import { decodeRemembered, encodeRemembered } from "./remembered-value.ts";

/**
 * Results kept for the further attempts of one step of one run, so that a step which runs again does not
 * pay again. It is no channel between steps: pass on what the next step needs as its payload.
 *
 * A key is any well-formed string (else WF_INVALID_KEY). A value is bytes, possibly none. What was written
 * is durable when the promise resolves; a write that the store refuses for the moment is tried again for
 * about two seconds, since its value was paid for. Failures of the store surface as `StoreError`s and are
 * worth another attempt of the step. A damaged entry is WF_DATA_CORRUPT, never a wrong value.
 */
export class Memo {
  /** The run whose entries these are. */
  readonly runId: string;
  /** The step of that run, 0 for the first. */
  readonly stepNumber: number;
  readonly #objects: MemoObjects;
  /** What the names of its objects begin with. */
  readonly #start: string;
  /** Computations under way, by name. */
  #pending: Map<string, Promise<Uint8Array>> | undefined;

  /** Made by {@link MemoStore.memo}. @internal */
  constructor(objects: MemoObjects, start: string, runId: string, stepNumber: number) {
    this.#objects = objects;
    this.#start = start;
    this.runId = runId;
    this.stepNumber = stepNumber;
  }

  /** The value stored at `key`, or undefined where there is none. */
  async get(key: string): Promise<Uint8Array | undefined> {
    return await this.#objects.read(memoName(this.#start, key), MEMO_FRAME);
  }

  /** Stores `value` at `key`. Replaces what is there: of two overlapping attempts, the last one wins. */
  async put(key: string, value: Uint8Array): Promise<void> {
    checkBytes(value, "memo value");
    await this.#objects.write(memoName(this.#start, key), MEMO_FRAME, value);
  }

  /**
   * As {@link get}, with a key derived from `input`: equal inputs have the same key, whatever the order of
   * an object's keys. Takes null, booleans, numbers, strings, Uint8Arrays, arrays, plain objects and
   * 64-bit bigints; a property that is undefined counts as absent.
   *
   * @throws WF_NOT_SERIALIZABLE naming the place in `input` that holds anything else
   */
  async contentGet(input: unknown): Promise<Uint8Array | undefined> {
    return await this.get(contentUserKey(canonicalEncoding(input)));
  }

  /** As {@link put}, with the key of {@link contentGet}. */
  async contentPut(input: unknown, value: Uint8Array): Promise<void> {
    await this.put(contentUserKey(canonicalEncoding(input)), value);
  }

  /**
   * The JSON value stored at `key`; where there is none, `compute` is called and its result stored. The
   * first to store wins, so that overlapping attempts of one step end with the same value. Calls for one
   * key that overlap in this Memo compute once. A failure of `compute` is passed on and not stored.
   *
   * What is returned is always the value as decoded from its stored form, so the first call agrees with
   * later ones: a Date, for example, comes back as a string from all of them.
   *
   * @throws WF_NOT_SERIALIZABLE when JSON cannot hold the result; nothing is stored
   */
  async remember<T>(key: string, compute: () => Promise<T> | T): Promise<T> {
    const name = memoName(this.#start, key);
    checkFunction(compute, "compute");
    this.#pending ??= new Map();
    let pending = this.#pending.get(name);
    if (pending === undefined) {
      pending = this.#readOrCompute(name, key, compute).finally(() => {
        this.#pending?.delete(name);
      });
      this.#pending.set(name, pending);
    }
    return decodeRemembered(await pending, this.#objects.keyOf(name)) as T;
  }

  async #readOrCompute(name: string, key: string, compute: () => unknown): Promise<Uint8Array> {
    const stored = await this.#objects.read(name, MEMO_FRAME);
    if (stored !== undefined) return stored;
    const value = encodeRemembered(await compute(), key);
    return await this.#objects.create(name, MEMO_FRAME, value);
  }
}
