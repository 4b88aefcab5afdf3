import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const draw = (seed: number, count = 5) => Array.from({ length: count }, seededRandom(seed));

describe("seededRandom", () => {
  it("gives the same numbers for the same seed, today and in later versions", () => {
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42, 3)).toMatchInlineSnapshot(`
      [
        0.29439391079358757,
        0.4534398082178086,
        0.9125655747484416,
      ]
    `);
  });

  it("gives other numbers for a near seed and for one that differs only above 32 bits", () => {
    const first = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map((s) => draw(s)[0]);
    expect(new Set(first).size).toBe(first.length);
  });

  it("spreads evenly over [0, 1)", () => {
    const numbers = draw(1, 100_000);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const buckets = Array.from({ length: 10 }, () => 0);
    for (const number of numbers) buckets[Math.floor(number * 10)]!++;
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it("refuses a seed that is no whole number from 0", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => seededRandom(seed)).toThrow(
        expect.objectContaining({ code: "WF_INVALID_ARGUMENT" }),
      );
    }
  });
});
