import type { Op } from "../layout/op.ts";

/** A commit on its way to the store: settles when its ops are durable and applied, or never will be. */
export class Ticket<Result = unknown> {
  readonly ops: readonly Op[];
  /** Milliseconds since the Unix epoch. */
  readonly decidedAt: number;
  readonly promise: Promise<Result>;
  readonly #result: Result;
  #resolve!: (result: never) => void;
  #reject!: (error: unknown) => void;

  constructor(ops: readonly Op[], result: Result, decidedAt: number) {
    this.ops = ops;
    this.decidedAt = decidedAt;
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
