import type { Clock } from "./clock.ts";

/** One timer for all deadlines of a queue: rings at the earliest time that it was set for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #setFor = Number.POSITIVE_INFINITY;
  #cancel: AbortController | undefined;

  /** Sleeps on `clock`; nothing is set yet. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` (ms since the epoch) at the latest, unless it is cleared. */
  set(at: number): void {
    if (at >= this.#setFor) return;
    this.clear();
    this.#setFor = at;
    const cancel = new AbortController();
    this.#cancel = cancel;
    this.#clock.sleep(Math.max(0, at - this.#clock.now()), cancel.signal).then(
      () => {
        if (cancel.signal.aborted) return;
        this.#setFor = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      () => {}, // cleared
    );
  }

  /** It does not ring for what it was set for. */
  clear(): void {
    this.#setFor = Number.POSITIVE_INFINITY;
    this.#cancel?.abort();
    this.#cancel = undefined;
  }
}
