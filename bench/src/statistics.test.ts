import { describe, expect, it } from "vitest";
import { median, percentile, repeat } from "./statistics.ts";

describe("the median", () => {
  it("of an odd number of values is the middle one, whatever their order", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([100, 20, 3])).toBe(20);
  });

  it("of an even number of values is the mean of the two in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("leaves the values as they are", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("a percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it("is the least value that so many percent do not exceed", () => {
    expect(percentile(hundred, 99)).toBe(99);
    expect(percentile(hundred, 50)).toBe(50);
    expect(percentile(hundred, 100)).toBe(100);
  });

  it("of few values is one of them", () => {
    expect(percentile([7, 3], 99)).toBe(7);
    expect(percentile([7, 3], 1)).toBe(3);
  });
});

it("repeating a measurement gives the result of each round in order", async () => {
  let round = 0;
  expect(await repeat(3, async () => ++round)).toEqual([1, 2, 3]);
});
