/** What a worker process says about its work, as it happens. `incarnation` is which start of it, from 1. */
export type JournalEntry = { readonly incarnation: number } & (
  | { readonly event: "started" }
  | { readonly event: "submitted"; readonly document: string }
  | { readonly event: "step"; readonly document: string; readonly step: number }
  /** The answer to a call was paid for and is in the memo: `remember` has resolved. */
  | { readonly event: "memoized"; readonly call: string }
  /** The answer came from the memo. */
  | { readonly event: "recalled"; readonly call: string }
  | { readonly event: "reported"; readonly document: string }
  | { readonly event: "failed"; readonly document: string; readonly error: string }
);

/** The journals of all starts of the worker, read as one. */
export class Journal {
  /** Incarnations that have come as far as running their own code. */
  readonly started = new Set<number>();
  readonly reported = new Set<string>();
  readonly failures: { readonly document: string; readonly error: string }[] = [];
  /** Documents submitted more than once, and steps that ran after a later one of their run. */
  readonly violations: string[] = [];
  submissions = 0;
  recalled = 0;
  readonly #seenInMemo = new Map<string, number[]>();
  readonly #submitted = new Set<string>();
  readonly #furthestStep = new Map<string, number>();

  add(entries: Iterable<JournalEntry>): void {
    for (const entry of entries) this.#addOne(entry);
  }

  /** The incarnations that knew the answer to be in the memo, in the order of time. */
  whoSawInMemo(call: string): readonly number[] {
    return this.#seenInMemo.get(call) ?? [];
  }

  #addOne(entry: JournalEntry): void {
    switch (entry.event) {
      case "started":
        this.started.add(entry.incarnation);
        break;
      case "submitted":
        this.submissions++;
        if (this.#submitted.has(entry.document)) {
          this.violations.push(`document ${entry.document} was submitted twice`);
        }
        this.#submitted.add(entry.document);
        break;
      case "step":
        this.#addStep(entry.document, entry.step);
        break;
      case "memoized":
        this.#seeInMemo(entry.call, entry.incarnation);
        break;
      case "recalled":
        this.recalled++;
        this.#seeInMemo(entry.call, entry.incarnation);
        break;
      case "reported":
        this.reported.add(entry.document);
        break;
      case "failed":
        this.failures.push({ document: entry.document, error: entry.error });
        break;
    }
  }

  /** A later step starts only when the one before is durably complete, which is then never to run again. */
  #addStep(document: string, step: number): void {
    const furthest = this.#furthestStep.get(document) ?? 0;
    if (step < furthest || this.reported.has(document)) {
      this.violations.push(`step ${step} of document ${document} ran again after it was complete`);
    }
    this.#furthestStep.set(document, Math.max(step, furthest));
  }

  #seeInMemo(call: string, incarnation: number): void {
    const incarnations = this.#seenInMemo.get(call);
    if (incarnations === undefined) this.#seenInMemo.set(call, [incarnation]);
    else incarnations.push(incarnation);
  }
}
