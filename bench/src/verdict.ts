import type { Budget } from "./budgets.ts";
import type { Figure } from "./question.ts";

/** A figure with the question that it answers. */
export interface Measured extends Figure {
  readonly question: string;
}

/** A figure beside its budget, if it has one. */
export interface Verdict extends Measured {
  readonly budget: Budget | undefined;
  /** Undefined without a budget. */
  readonly holds: boolean | undefined;
}

/** @throws where the figure is not a number, which would hold or miss by accident */
export function holds(budget: Budget, value: number): boolean {
  if (!Number.isFinite(value)) {
    throw new Error(`${budget.question}, ${budget.figure} is ${value}: no number to compare`);
  }
  return budget.bound === "at least" ? value >= budget.value : value <= budget.value;
}

/** Puts each figure beside its budget, in the order of the figures. */
export function judge(figures: readonly Measured[], budgets: readonly Budget[]): Verdict[] {
  return figures.map((figure) => {
    const budget = budgets.find((b) => b.question === figure.question && b.figure === figure.name);
    return { ...figure, budget, holds: budget && holds(budget, figure.value) };
  });
}

/** Budgets of the questions asked for which there is no figure: as bad as a budget that is missed. */
export function unmeasured(
  figures: readonly Measured[],
  budgets: readonly Budget[],
  asked: readonly string[],
): Budget[] {
  return budgets.filter(
    (budget) =>
      asked.includes(budget.question) &&
      !figures.some((f) => f.question === budget.question && f.name === budget.figure),
  );
}
