import { describe, expect, it } from "vitest";
import { type Duration, MAX_DURATION_MS, toMs } from "./duration.ts";

describe("toMs", () => {
  it("reads milliseconds and every unit", () => {
    const durations: [Duration, number][] = [
      [0, 0],
      [250, 250],
      ["250ms", 250],
      ["30s", 30_000],
      ["5m", 300_000],
      ["12h", 43_200_000],
      ["7d", 604_800_000],
      ["1.5s", 1_500],
      ["0.5d", 43_200_000],
    ];
    for (const [duration, ms] of durations) expect(toMs(duration)).toBe(ms);
  });

  it("rounds up, so that nothing happens early", () => {
    expect(toMs(0.1)).toBe(1);
    expect(toMs("0.0001s")).toBe(1);
  });

  it("takes up to 100,000 days", () => {
    expect(toMs("100000d")).toBe(MAX_DURATION_MS);
    expect(() => toMs(MAX_DURATION_MS + 1)).toThrowError(/from 0 to 8640000000000/);
  });

  it("refuses everything else, naming field and value", () => {
    const refused = [
      ...[-1, Number.NaN, Number.POSITIVE_INFINITY, "", "1", "s", "-1s", "1 s", "1S", "1e3s"],
      ...["1s ", "1s2m", ".5s", "1.s", "Infinityd", null, undefined, {}, 1n, true],
    ];
    for (const value of refused) {
      expect(() => toMs(value as Duration, "lease")).toThrowError(
        expect.objectContaining({
          code: "WF_INVALID_DURATION",
          message: expect.stringMatching(/^lease is .*: give milliseconds/),
        }),
      );
    }
    expect(() => toMs("soon" as Duration)).toThrowError(/^duration is "soon"/);
  });
});
