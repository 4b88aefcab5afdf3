import { describe, expect, it } from "vitest";
import type { Budget } from "./budgets.ts";
import { holds, judge, unmeasured } from "./verdict.ts";

const fast: Budget = { question: "speed", figure: "rate", bound: "at least", value: 100 };
const small: Budget = { question: "size", figure: "bytes", bound: "at most", value: 10 };

describe("a budget", () => {
  it("of at least a value holds from that value on", () => {
    expect(holds(fast, 99.9)).toBe(false);
    expect(holds(fast, 100)).toBe(true);
    expect(holds(fast, 101)).toBe(true);
  });

  it("of at most a value holds up to that value", () => {
    expect(holds(small, 9.9)).toBe(true);
    expect(holds(small, 10)).toBe(true);
    expect(holds(small, 10.1)).toBe(false);
  });

  it("is not compared with what is no number", () => {
    expect(() => holds(small, Number.NaN)).toThrow("size, bytes is NaN");
    expect(() => holds(fast, Number.POSITIVE_INFINITY)).toThrow("no number to compare");
  });
});

describe("a verdict", () => {
  it("puts a figure beside the budget of its question and name, and leaves others without", () => {
    const figures = [
      { question: "speed", name: "rate", value: 120, unit: "jobs/s" },
      { question: "size", name: "rate", value: 120, unit: "jobs/s" },
      { question: "size", name: "bytes", value: 11, unit: "bytes" },
    ];
    const verdicts = judge(figures, [fast, small]);
    expect(verdicts.map((verdict) => verdict.budget)).toEqual([fast, undefined, small]);
    expect(verdicts.map((verdict) => verdict.holds)).toEqual([true, undefined, false]);
  });

  it("is missing for a budget of a question that was asked and gave no such figure", () => {
    const figures = [{ question: "speed", name: "CPU", value: 1, unit: "µs" }];
    expect(unmeasured(figures, [fast, small], ["speed"])).toEqual([fast]);
    expect(unmeasured(figures, [fast, small], [])).toEqual([]);
  });
});
