import type { Op } from "../layout/op.ts";

/** A commit on its way to the store: settles when its ops are durable and applied, or never will be. */
export class Ticket<Result = unknown> {
  readonly ops: readonly Op[];
  readonly promise: Promise<Result>;
  readonly #result: Result;
  #resolve!: (result: never) => void;
  #reject!: (error: unknown) => void;

  constructor(ops: readonly Op[], result: Result) {
    this.ops = ops;
    this.#result = result;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  acknowledge(): void {
    this.#resolve(this.#result as never);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}
