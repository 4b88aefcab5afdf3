import type { Clock } from "../clock.ts";

/** Calls `sweep` at once and then every `periodMs`, until `signal` is aborted. `sweep` must not fail. */
export async function sweepPeriodically(
  clock: Clock,
  periodMs: number,
  signal: AbortSignal,
  sweep: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await sweep();
    // Rejects when aborted, which ends the loop.
    await clock.sleep(periodMs, signal).catch(() => {});
  }
}
