import type { RandomSource } from "@wf/core";
import { checkInteger } from "@wf/core/adapter";

/** Rounds after which near seeds have drifted apart, as its author runs it before use. */
const WARM_UP_ROUNDS = 12;

/**
 * A source that gives the same numbers for the same seed, on every platform: for tests, and for a
 * simulation that must replay. Not for secrets.
 *
 * The generator is sfc32 of Chris Doty-Humphrey's PractRand: 128 bits of state, 32 bits a number.
 *
 * @param seed a whole number from 0 to 2^53 - 1
 * @throws WF_INVALID_ARGUMENT for another seed
 */
export function seededRandom(seed: number): RandomSource {
  checkInteger(seed, "seed", 0, Number.MAX_SAFE_INTEGER);
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
  return next;
}
