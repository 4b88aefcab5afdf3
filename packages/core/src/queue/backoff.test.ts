import { describe, expect, it } from "vitest";
import { backoffMs, DEFAULT_BACKOFF, resolveBackoff } from "./backoff.ts";

const highest = () => 1 - 2 ** -53;
const waits = (backoff: typeof DEFAULT_BACKOFF, random = highest) =>
  [1, 2, 3, 8, 9, 10, 2_000, 1_000_000].map((attempts) => backoffMs(backoff, attempts, random));

describe("backoffMs", () => {
  it("doubles from the base up to the cap, however many attempts there were", () => {
    const expected = [1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000, 300_000];
    expect(waits({ ...DEFAULT_BACKOFF, jitter: "none" })).toEqual(expected);
    expect(waits(DEFAULT_BACKOFF)).toEqual(expected);
  });

  it("draws from the whole range by default, and repeats with the same source", () => {
    expect(waits(DEFAULT_BACKOFF, () => 0)).toEqual(Array(8).fill(0));
    expect(backoffMs(DEFAULT_BACKOFF, 2, () => 0.25)).toBe(500);
  });

  it("retries at once with a base of 0, whatever the cap", () => {
    expect(waits({ baseMs: 0, capMs: 300_000, jitter: "none" })).toEqual(Array(8).fill(0));
  });

  it("waits the cap where that is less than the base", () => {
    expect(backoffMs({ baseMs: 1_000, capMs: 10, jitter: "none" }, 1, highest)).toBe(10);
  });
});

describe("resolveBackoff", () => {
  it("takes what is given and the defaults for the rest", () => {
    expect(resolveBackoff({}, DEFAULT_BACKOFF)).toEqual(DEFAULT_BACKOFF);
    expect(resolveBackoff({ base: "5s", jitter: "none" }, DEFAULT_BACKOFF)).toEqual({
      baseMs: 5_000,
      capMs: 300_000,
      jitter: "none",
    });
  });

  it("names the field that is no duration", () => {
    expect(() => resolveBackoff({ base: -1 }, DEFAULT_BACKOFF)).toThrowError(
      /^backoff\.base is -1/,
    );
    expect(() => resolveBackoff({ cap: Number.NaN }, DEFAULT_BACKOFF)).toThrowError(
      /^backoff\.cap is NaN/,
    );
  });
});
