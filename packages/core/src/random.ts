/** Where randomness comes from: numbers in [0, 1). Inject a seeded one to replay a run. */
export type RandomSource = () => number;

const SCALE = 2 ** 32;
const pool = new Uint32Array(256);
let used = pool.length;

/** Unpredictable numbers from the platform's generator, drawn in batches because each draw is a system call. */
export const systemRandom: RandomSource = () => {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  return (pool[used++] as number) / SCALE;
};
