import type { Clock, Duration } from "@wf/core";

/** A clock of a process that can be killed: after that none of its sleeps ends, and none keeps the time waiting. */
export class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #death = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    const death = this.#death.signal;
    try {
      await this.#clock.sleep(duration, signal ? AbortSignal.any([signal, death]) : death);
    } catch (error) {
      if (signal?.aborted || !death.aborted) throw error;
      await new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    }
  }

  kill(): void {
    this.#death.abort();
  }
}
