/** A deliberate bug: one place in the sources is changed, and something has to notice. */
export interface Mutant {
  /** What is wrong, in a few words. */
  readonly name: string;
  /** Below the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: CaughtBy;
}

/** By one of so many seeds, from 1 on; or by a test file. */
export type CaughtBy = { readonly seeds: number } | { readonly test: string };

export const QUEUE = "packages/queues/object-store/src";
export const WORKFLOW = "packages/core/src/workflow";
