import type { Beat } from "../layout/heartbeat-object.ts";
import { SILENT_AFTER_BEATS } from "./liveness.ts";

export interface Verdict {
  readonly state: "alive" | "silent";
  readonly evidence: "counter" | "clock";
}

/** The looks at one counter so far. The newest beat was made after `notAt` and before `at`. */
interface Sighting {
  readonly epoch: number;
  readonly count: number;
  /** When it was first seen, by the reader's clock. */
  readonly at: number;
  /** When it was not there yet; undefined: it was there at the first look. */
  readonly notAt: number | undefined;
}

/**
 * Judges heartbeats by the advance of their counter and the clock of the one who looks, because the clocks of
 * two machines need not agree. Only where the looks are too few or too far apart for that, it compares
 * the two clocks.
 */
export class BeatWatch {
  #sighting: Sighting | undefined;
  #lookedAt = 0;

  /** @param now when the beat was asked for, by the reader's clock */
  judge(beat: Beat, now: number): Verdict {
    const sighting = this.#note(beat, now);
    const graceMs = SILENT_AFTER_BEATS * beat.intervalMs;
    if (now - sighting.at > graceMs) return { state: "silent", evidence: "counter" };
    if (sighting.notAt !== undefined && now - sighting.notAt <= graceMs) {
      return { state: "alive", evidence: "counter" };
    }
    return { state: now - beat.at > graceMs ? "silent" : "alive", evidence: "clock" };
  }

  #note({ epoch, count }: Beat, now: number): Sighting {
    const known = this.#sighting;
    const isSame = known?.epoch === epoch && known.count === count;
    const notAt = known?.epoch === epoch ? this.#lookedAt : undefined;
    this.#lookedAt = now;
    if (isSame) return known;
    this.#sighting = { epoch, count, at: now, notAt };
    return this.#sighting;
  }
}
