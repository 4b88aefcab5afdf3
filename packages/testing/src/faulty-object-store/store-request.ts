import type { StoreOperation } from "./fault-rules.ts";

/**
 * One request on its way: the promise that its caller waits for, and whether it is to be done. The two part when
 * the caller gives up or its process is gone.
 */
export class StoreRequest {
  readonly number: number;
  readonly operation: StoreOperation;
  readonly keys: readonly string[];
  readonly promise: Promise<unknown>;
  /** It has been done, or refused by the store. */
  isDone = false;
  /** It is never done. */
  isDropped = false;
  /** What is done of a delete that is cut off. */
  cutTo: readonly string[] | undefined;
  /** Nobody hears of it any more. */
  #isClosed = false;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(number: number, operation: StoreOperation, keys: readonly string[]) {
    this.number = number;
    this.operation = operation;
    this.keys = keys;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isWrite(): boolean {
    return this.operation === "put" || this.operation === "delete";
  }

  /** Whether its caller was still there to hear it. */
  answer(value: unknown): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#resolve(value);
    return true;
  }

  /** As {@link answer}. */
  fail(error: unknown): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#reject(error);
    return true;
  }

  /** The caller is gone: the promise never settles. */
  hang(): void {
    this.#isClosed = true;
  }
}
