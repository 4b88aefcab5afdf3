import { checkSignal } from "./argument-checks.ts";
import { type Duration, toMs } from "./duration.ts";

/**
 * Where time comes from. Everything in wf that reads the time or waits does it here, so that a whole
 * system can run on virtual time (`MockClock` in `@wf/testing`).
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `duration`; rejects with `signal.reason` as soon as `signal` is aborted. */
  sleep(duration: Duration, signal?: AbortSignal): Promise<void>;
}

/** Longer timers overflow: Node fires them at once (`setTimeout`, "delay" in the Node.js timers docs). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. A pending sleep keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(duration, signal) {
    let remaining = toMs(duration);
    checkSignal(signal);
    do {
      const part = Math.min(remaining, MAX_TIMER_MS);
      await timer(part, signal);
      remaining -= part;
    } while (remaining > 0);
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
