import { expect, it } from "vitest";
import { shrink } from "../src/cli/shrink.ts";
import { makePlan } from "../src/plan/make-plan.ts";
import type { Plan } from "../src/plan/plan.ts";

const opens = ({ steps }: Plan) => steps.filter(({ act }) => act.do === "open");

it("a plan that fails is made as small as it can be and still fail", async () => {
  const seed = 46;
  const plan = makePlan(seed);
  expect(opens(plan).length).toBeGreaterThan(2);
  expect(plan.steps.length).toBeGreaterThan(20);
  // A failure that needs two openings, the second of them after a while.
  const fails = async (tried: Plan) => {
    const [, second] = opens(tried);
    return second !== undefined && tried.steps.some(({ after }) => after > 0);
  };
  const small = await shrink(plan, fails);
  expect(small.steps.map(({ act }) => act.do).filter((act) => act !== "open").length).toBeLessThan(
    2,
  );
  expect(opens(small)).toHaveLength(2);
  for (const { act } of opens(small)) expect("faults" in act && act.faults.rules).toEqual([]);
  expect(small.steps.filter(({ after }) => after > 0)).toHaveLength(1);
  expect(small.settings).toEqual(plan.settings);
});
