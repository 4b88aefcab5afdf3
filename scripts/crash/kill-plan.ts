import type { RandomSource } from "@wf/core";

/**
 * One way for an owner to lose its queue:
 *
 *     work       killed while it works
 *     start      killed soon after its start, be it open yet or not
 *     recovery   killed while it opens the queue
 *     takeover   another process opens the queue while it lives; that one is killed
 *     pause      stopped, taken over, and let go on when the other is at work; that one is killed
 */
export const KILL_KINDS = ["work", "start", "recovery", "takeover", "pause"] as const;
export type KillKind = (typeof KILL_KINDS)[number];

export interface Kill {
  readonly kind: KillKind;
  /** How long to wait for the moment of the kill, in milliseconds. */
  readonly afterMs: number;
  /** How long the two live at the same time, where there are two, in milliseconds. */
  readonly overlapMs: number;
}

const MOST_AFTER_MS: Readonly<Record<KillKind, number>> = {
  work: 400,
  start: 400,
  recovery: 60,
  takeover: 200,
  pause: 200,
};
const MOST_OVERLAP_MS = 200;
/** Of ten kills, so many are of each kind. */
const SHARES: Readonly<Record<KillKind, number>> = {
  work: 4,
  start: 2,
  recovery: 2,
  takeover: 1,
  pause: 1,
};

/** The same kills for the same numbers; the first ones are of every kind. */
export function* planKills(random: RandomSource): Generator<Kill, never> {
  for (const kind of KILL_KINDS) yield newKill(kind, random);
  const drawn = KILL_KINDS.flatMap((kind) => Array.from({ length: SHARES[kind] }, () => kind));
  for (;;) yield newKill(drawn[Math.floor(random() * drawn.length)] as KillKind, random);
}

function newKill(kind: KillKind, random: RandomSource): Kill {
  return {
    kind,
    afterMs: random() * MOST_AFTER_MS[kind],
    overlapMs: random() * MOST_OVERLAP_MS,
  };
}
