import { type Clock, type Duration, toMs } from "@wf/core";

/** A deadline that never comes on a {@link RetryClock}. */
export const NO_DEADLINE = "1h";

/** A clock on which every wait before a further try is over at once, and is kept. */
export class RetryClock implements Clock {
  /** Milliseconds. */
  readonly waits: number[] = [];

  now(): number {
    return 1_767_225_600_000;
  }

  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (toMs(duration) < toMs(NO_DEADLINE)) {
      this.waits.push(toMs(duration));
      return;
    }
    await new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}
