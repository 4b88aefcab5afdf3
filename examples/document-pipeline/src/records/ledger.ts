/** One call that the analysis service has charged for, in the order of its ledger. */
export interface PaidCall {
  /** The same for every call about one section of one document. */
  readonly call: string;
  /** Which start of the worker process made it, from 1. */
  readonly incarnation: number;
}

/** Everything that the service charged for. */
export class Ledger {
  readonly #incarnations = new Map<string, number[]>();
  #paid = 0;

  add(calls: Iterable<PaidCall>): void {
    for (const { call, incarnation } of calls) {
      this.#paid++;
      const incarnations = this.#incarnations.get(call);
      if (incarnations === undefined) this.#incarnations.set(call, [incarnation]);
      else incarnations.push(incarnation);
    }
  }

  /** Every call, also one that was paid before. */
  get paid(): number {
    return this.#paid;
  }

  /** Different calls. */
  get different(): number {
    return this.#incarnations.size;
  }

  /** Calls beyond the first for the same section. */
  get paidTwice(): number {
    return this.#paid - this.#incarnations.size;
  }

  /** For each call that was paid more than once: the incarnations that did, in ascending order. */
  *repeated(): Iterable<{ call: string; incarnations: readonly number[] }> {
    for (const [call, incarnations] of this.#incarnations) {
      if (incarnations.length > 1) {
        yield { call, incarnations: [...incarnations].sort((a, b) => a - b) };
      }
    }
  }

  /** For each incarnation: the calls that it paid for. */
  byIncarnation(): Map<number, Set<string>> {
    const calls = new Map<number, Set<string>>();
    for (const [call, incarnations] of this.#incarnations) {
      for (const incarnation of incarnations) {
        const paid = calls.get(incarnation);
        if (paid === undefined) calls.set(incarnation, new Set([call]));
        else paid.add(call);
      }
    }
    return calls;
  }
}
