import { addCoverage, type Coverage, coverageOf } from "../coverage.ts";
import { makePlan } from "../plan/make-plan.ts";
import { runPlan } from "../run-plan.ts";

export interface Failure {
  readonly seed: number;
  readonly message: string;
}

/** What some seeds came to. */
export interface Tally {
  seeds: number;
  readonly coverage: Coverage;
  readonly failures: Failure[];
}

export function emptyTally(): Tally {
  return { seeds: 0, coverage: {}, failures: [] };
}

/** Runs seeds one after the other. */
export async function runSeeds(first: number, count: number): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = first; seed < first + count; seed++) {
    tally.seeds++;
    try {
      addCoverage(tally.coverage, coverageOf(await runPlan(makePlan(seed))));
    } catch (error) {
      tally.failures.push({ seed, message: messageOf(error) });
    }
  }
  return tally;
}

export function addTally(total: Tally, more: Tally): void {
  total.seeds += more.seeds;
  addCoverage(total.coverage, more.coverage);
  total.failures.push(...more.failures);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
