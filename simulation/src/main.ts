/** Runs the simulation from the command line: see `--help`, or README.md. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { inspect } from "node:util";
import { type Options, readOptions, USAGE } from "./cli/options.ts";
import { runInPool } from "./cli/pool.ts";
import { print } from "./cli/print.ts";
import { failureReport, listOf, summaryOf } from "./cli/report.ts";
import { shrink } from "./cli/shrink.ts";
import { type Failure, messageOf, runSeeds, type Tally } from "./cli/tally.ts";
import { traceHash } from "./cli/trace-hash.ts";
import { runMutants } from "./mutants/run-mutants.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { Plan } from "./plan/plan.ts";
import { runPlan } from "./run-plan.ts";

/** Between lines that say how far it is. */
const PROGRESS_MS = 10_000;
/** So few are not worth a process of their own. */
const ONE_PROCESS_SEEDS = 25;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    print(USAGE);
    return 0;
  }
  const options = readOptions(args);
  if (options.mutants !== undefined) return await runMutants(options.mutants);
  if (options.plan !== undefined) return await playFile(options.plan);
  if (options.hash) return await printHashes(options);
  const begun = performance.now();
  const tally = await play(options);
  print(summaryOf(tally, (performance.now() - begun) / 1_000));
  const [first] = tally.failures;
  if (first === undefined) return 0;
  print(`\n${listOf(tally.failures)}\n`);
  const plan = makePlan(first.seed);
  print(failureReport(first, options.shrink ? await shrink(plan, fails) : plan));
  return 1;
}

function play({ seed, seeds, minutes, jobs }: Options): Promise<Tally> {
  print(`seeds from ${seed}, ${minutes === undefined ? seeds : `for ${minutes} min`}`);
  if (minutes === undefined && seeds <= ONE_PROCESS_SEEDS) return runSeeds(seed, seeds);
  const end = performance.now() + (minutes ?? 0) * 60_000;
  let printAt = performance.now() + PROGRESS_MS;
  return runInPool({
    jobs,
    first: seed,
    most: minutes === undefined ? seeds : Number.MAX_SAFE_INTEGER,
    goesOn: (_, { failures }) =>
      failures.length === 0 && (minutes === undefined || performance.now() < end),
    onProgress(total) {
      if (performance.now() < printAt) return;
      printAt = performance.now() + PROGRESS_MS;
      print(`${total.seeds} seeds`);
    },
  });
}

async function playFile(file: string): Promise<number> {
  const failure = await failureOf(JSON.parse(readFileSync(file, "utf8")) as Plan);
  print(failure?.message ?? "the plan does not fail");
  return failure === undefined ? 0 : 1;
}

async function printHashes({ seed, seeds }: Options): Promise<number> {
  for (let now = seed; now < seed + seeds; now++) {
    const { stage } = await runPlan(makePlan(now));
    print(`${now} ${traceHash(stage.world)}`);
  }
  return 0;
}

async function fails(plan: Plan): Promise<boolean> {
  return (await failureOf(plan)) !== undefined;
}

async function failureOf(plan: Plan): Promise<Failure | undefined> {
  try {
    await runPlan(plan);
    return undefined;
  } catch (error) {
    return { seed: plan.seed, message: messageOf(error) };
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const shown = error instanceof TypeError ? `${error.message}\n\n${USAGE}` : inspect(error);
  process.stderr.write(`${shown}\n`);
  process.exitCode = 2;
}
