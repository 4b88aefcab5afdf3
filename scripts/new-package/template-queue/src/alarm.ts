import type { Clock } from "@wf/core";

/** Longer sleeps are cut: what is due may be farther away than a clock can sleep. */
const LONGEST_SLEEP_MS = 86_400_000;

/** One sleep at a time, to the next time at which something is due. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #sleep: { readonly until: number; readonly stop: AbortController } | undefined;

  /** @param ring sets the alarm anew */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `dueAt`, or earlier; undefined: not at all. Takes the place of what was set before. */
  set(dueAt: number | undefined): void {
    const now = this.#clock.now();
    const until = dueAt === undefined ? undefined : Math.min(dueAt, now + LONGEST_SLEEP_MS);
    if (until === this.#sleep?.until) return;
    this.#sleep?.stop.abort();
    this.#sleep = undefined;
    if (until === undefined) return;
    const stop = new AbortController();
    this.#sleep = { until, stop };
    const onTime = () => {
      this.#sleep = undefined;
      this.#ring();
    };
    // A sleep fails only by being stopped.
    this.#clock.sleep(Math.max(until - now, 0), stop.signal).then(onTime, () => {});
  }
}
