import { type Clock, toMs, type WaitOptions } from "@wf/core";

/** Somebody who waits until something is there, or for as long as it takes. */
interface Wait {
  /** Whether it has ended by what there is now. */
  readonly look: () => boolean;
  readonly fail: (error: unknown) => void;
}

/** All who wait on a queue, in the order in which they came. */
export class Waits {
  readonly #clock: Clock;
  readonly #waits = new Set<Wait>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What `look` gives, as soon as that is something; undefined once `timeout` has passed. Once the wait has ended,
   * `look` is not called any more.
   *
   * @throws `options.signal.reason`, and what {@link failAll} is given
   */
  async until<T>(look: () => T | undefined, options: WaitOptions): Promise<T | undefined> {
    const { timeout, signal } = options;
    const timeoutMs = timeout === undefined ? undefined : toMs(timeout, "timeout");
    signal?.throwIfAborted();
    const ended = new AbortController();
    try {
      return await new Promise<T | undefined>((resolve, reject) => {
        const wait: Wait = {
          look() {
            const found = look();
            if (found !== undefined) resolve(found);
            return found !== undefined;
          },
          fail: reject,
        };
        this.#waits.add(wait);
        const onAbort = () => {
          this.#waits.delete(wait);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { signal: ended.signal });
        if (timeoutMs === undefined) return;
        const onTimeout = () => {
          this.#waits.delete(wait);
          resolve(undefined);
        };
        // Cut short where the wait has ended otherwise.
        this.#clock.sleep(timeoutMs, ended.signal).then(onTimeout, () => {});
      });
    } finally {
      ended.abort();
    }
  }

  /** To be called after every change. */
  look(): void {
    for (const wait of this.#waits) {
      if (wait.look()) this.#waits.delete(wait);
    }
  }

  failAll(error: unknown): void {
    for (const wait of this.#waits) wait.fail(error);
    this.#waits.clear();
  }
}
