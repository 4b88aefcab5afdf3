import { seededRandom } from "./random.ts";

/** When the worker is to be killed. */
export interface Kill {
  /** As soon as so many different calls have been paid for and the worker process runs, */
  readonly afterCalls: number;
  /** and so much time has passed since. */
  readonly delayMs: number;
}

/** The rest of the work is left for the process that survives. */
const LAST_KILL_AT = 0.95;
const MAX_DELAY_MS = 60;
/** Opening the queue and submitting take longer than one call. */
const MAX_STARTUP_DELAY_MS = 250;

/**
 * `kills` random moments, spread over work of `calls` calls. The first of several comes while the worker
 * starts up and submits; each other one somewhere in its own share of the calls.
 */
export function planKills(seed: number, kills: number, calls: number): Kill[] {
  const random = seededRandom(seed);
  const atStart = kills > 1 ? 1 : 0;
  return Array.from({ length: kills }, (_, index) => {
    if (index < atStart) return { afterCalls: 0, delayMs: random() * MAX_STARTUP_DELAY_MS };
    const share = (index - atStart + random()) / (kills - atStart);
    return {
      afterCalls: Math.floor(share * LAST_KILL_AT * calls),
      delayMs: random() * MAX_DELAY_MS,
    };
  });
}
