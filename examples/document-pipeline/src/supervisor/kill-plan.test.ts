import { describe, expect, it } from "vitest";
import { planKills } from "./kill-plan.ts";

describe("planKills", () => {
  it("draws the same moments from the same seed and others from another", () => {
    expect(planKills(1, 5, 1_000)).toEqual(planKills(1, 5, 1_000));
    expect(planKills(1, 5, 1_000)).not.toEqual(planKills(2, 5, 1_000));
  });

  it("puts the first kill at the start and spreads the others over the work, before its end", () => {
    for (let seed = 0; seed < 200; seed++) {
      const after = planKills(seed, 5, 1_000).map(({ afterCalls }) => afterCalls);
      expect(after[0]).toBe(0);
      for (let share = 0; share < 4; share++) {
        expect(after[share + 1]).toBeGreaterThanOrEqual(Math.floor((share / 4) * 950));
        expect(after[share + 1]).toBeLessThan(((share + 1) / 4) * 950);
      }
    }
  });

  it("lets a single kill fall anywhere", () => {
    const moments = new Set(
      Array.from({ length: 50 }, (_, seed) => planKills(seed, 1, 1_000)[0]?.afterCalls),
    );
    expect(moments.size).toBeGreaterThan(40);
  });

  it("plans more kills than there are calls, and none when none are asked for", () => {
    expect(planKills(3, 20, 2).every(({ afterCalls }) => afterCalls < 2)).toBe(true);
    expect(planKills(3, 0, 100)).toEqual([]);
  });
});
