import type { Act, Plan, PlanStep } from "../plan/plan.ts";

/** Plans that are tried at most. */
const MAX_TRIES = 600;

/**
 * A smaller plan that fails as well: parts of the plan are left out, ever smaller ones, as long as it still fails; then
 * the rules of the stores and the pauses between the steps.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  const attempt = new Attempts(plan, fails);
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = nextSize(size)) {
    for (let at = attempt.plan.steps.length - size; at > -size; at -= size) {
      await attempt.steps((steps) => [
        ...steps.slice(0, Math.max(at, 0)),
        ...steps.slice(Math.max(at + size, 0)),
      ]);
    }
  }
  for (const [index, { act }] of attempt.plan.steps.entries()) {
    if (!("faults" in act)) continue;
    for (let rule = act.faults.rules.length - 1; rule >= 0; rule--) {
      await attempt.steps((steps) => withAct(steps, index, (known) => withoutRule(known, rule)));
    }
  }
  for (let index = attempt.plan.steps.length - 1; index >= 0; index--) {
    await attempt.steps((steps) =>
      steps.map((step, at) => (at === index ? { ...step, after: 0 } : step)),
    );
  }
  return attempt.plan;
}

class Attempts {
  plan: Plan;
  readonly #fails: (plan: Plan) => Promise<boolean>;
  #left = MAX_TRIES;

  constructor(plan: Plan, fails: (plan: Plan) => Promise<boolean>) {
    this.plan = plan;
    this.#fails = fails;
  }

  /** Keeps the change where the plan still fails with it. */
  async steps(change: (steps: readonly PlanStep[]) => readonly PlanStep[]): Promise<void> {
    const changed = { ...this.plan, steps: change(this.plan.steps) };
    const isAlike = JSON.stringify(changed.steps) === JSON.stringify(this.plan.steps);
    if (isAlike || this.#left-- <= 0) return;
    if (await this.#fails(changed)) this.plan = changed;
  }
}

function nextSize(size: number): number {
  return size === 1 ? 0 : Math.ceil(size / 2);
}

function withAct(
  steps: readonly PlanStep[],
  index: number,
  change: (act: Act) => Act,
): readonly PlanStep[] {
  return steps.map((step, at) => (at === index ? { ...step, act: change(step.act) } : step));
}

function withoutRule(act: Act, rule: number): Act {
  if (!("faults" in act)) return act;
  const rules = act.faults.rules.filter((_, index) => index !== rule);
  return { ...act, faults: { ...act.faults, rules } };
}
