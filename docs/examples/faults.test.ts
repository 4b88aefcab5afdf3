import { expect, it } from "vitest";
import { survive } from "./faults.ts";

// #region test
it.each([1, 10, 14, 22, 30])(
  "the run of seed %i survives its bad day, the same each time",
  async (seed) => {
    const first = await survive(seed);
    // However often it was charged, what counts is the receipt that was kept.
    expect(first.receipt).toMatch(/^\d+$/);
    expect(first.receipt).toBe(first.kept);
    expect(await survive(seed)).toEqual(first);
  },
);
// #endregion test
