import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export interface Options {
  /** The first seed. */
  readonly seed: number;
  /** How many, from there on. */
  readonly seeds: number;
  /** Goes on for so long, whatever `seeds` says. */
  readonly minutes: number | undefined;
  /** Worker processes. */
  readonly jobs: number;
  /** Whether a plan that fails is made smaller. */
  readonly shrink: boolean;
  /** A file with a plan, to be played instead of seeds. */
  readonly plan: string | undefined;
  /** Prints the hash of the trace of each seed, and nothing else. */
  readonly hash: boolean;
  /** Runs the deliberate bugs; with a name, only that one. */
  readonly mutants: string | true | undefined;
}

const DEFAULT_SEEDS = 200;
const MOST_SEED = 2 ** 31;

export const USAGE = `npm run sim -- [--seeds N] [--seed S] [--minutes M] [--jobs J] [--no-shrink]
npm run sim -- --seed S          one seed
npm run sim -- --plan FILE       a plan, as a failure has left it
npm run sim -- --mutants [--only NAME]   the deliberate bugs; writes MUTANTS.md

--seeds N     how many seeds; ${DEFAULT_SEEDS} without --seed, else 1
--seed S      the first one, 0 to ${MOST_SEED}; without it any, which is printed
--minutes M   goes on with further seeds for so long
--jobs J      worker processes; default: as many as there are cores
--no-shrink   prints a failure as it is
--hash        prints the hash of each seed's trace`;

/** @throws TypeError for what is no option, or no number in its bounds */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      minutes: { type: "string" },
      jobs: { type: "string" },
      shrink: { type: "boolean", default: true },
      plan: { type: "string" },
      hash: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const number = (name: "seed" | "seeds" | "minutes" | "jobs", least: number, most: number) => {
    const given = values[name];
    if (given === undefined) return undefined;
    const value = Number(given);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new TypeError(`--${name} is ${given}: give a whole number from ${least} to ${most}`);
  };
  const seed = number("seed", 0, MOST_SEED);
  return {
    seed: seed ?? Math.floor(Math.random() * MOST_SEED),
    seeds: number("seeds", 1, MOST_SEED) ?? (seed === undefined ? DEFAULT_SEEDS : 1),
    minutes: number("minutes", 1, 10_000),
    jobs: number("jobs", 1, 256) ?? availableParallelism(),
    shrink: values.shrink,
    plan: values.plan,
    hash: values.hash,
    mutants: values.mutants ? (values.only ?? true) : undefined,
  };
}
