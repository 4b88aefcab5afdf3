import { expect, it } from "vitest";
import { figuresOf } from "./compare.ts";

const figure = (rates: [string, number[]][], name: string) =>
  figuresOf("peers", "jobs/s", new Map(rates)).find((f) => f.name === name)?.value;

it("a ratio is the median over the rounds of the ratio in one round", () => {
  const rates: [string, number[]][] = [
    ["wf", [100, 40, 90]],
    ["peer", [10, 10, 30]],
  ];
  expect(figure(rates, "wf")).toBe(90);
  expect(figure(rates, "peer")).toBe(10);
  expect(figure(rates, "wf over peer")).toBe(4);
});

it("there is no ratio where a round failed, and nothing for who never ran", () => {
  const rates: [string, number[]][] = [
    ["wf", [100, 40, 90]],
    ["peer", [10, 10]],
    ["other", []],
  ];
  expect(figure(rates, "peer")).toBe(10);
  expect(figure(rates, "wf over peer")).toBeUndefined();
  expect(figure(rates, "other")).toBeUndefined();
});
