import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "../plan/plan.ts";
import type { Failure, Tally } from "./tally.ts";

/** Failures that are printed at most. */
const MAX_FAILURES = 20;

/** The figures of a run, and what it has exercised. */
export function summaryOf(tally: Tally, seconds: number): string {
  const { coverage, seeds, failures } = tally;
  const count = (name: string) => coverage[name] ?? 0;
  const faults = Object.entries(coverage)
    .filter(([name]) => name.startsWith("fault: "))
    .reduce((total, [, times]) => total + times, 0);
  const figures = [
    `${seeds} seeds, ${count("operations")} operations, ${count("store requests")} store requests`,
    `${faults} faults, ${count("crashes")} crashes, ${count("takeovers")} takeovers`,
    `${seconds.toFixed(1)} s, ${(seeds / seconds).toFixed(1)} seeds/s`,
    `${failures.length} failed`,
  ];
  const covered = Object.entries(coverage)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `  ${String(times).padStart(10)}  ${name}`);
  return [...covered, "", figures.join("; ")].join("\n");
}

export function listOf(failures: readonly Failure[]): string {
  const shown = failures
    .slice(0, MAX_FAILURES)
    .map(({ seed, message }) => `seed ${seed}: ${message}`);
  const rest = failures.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}

/** How to see a failure again, and what is left of its plan. */
export function failureReport({ seed, message }: Failure, plan: Plan): string {
  const file = join(mkdtempSync(join(tmpdir(), "wf-sim-")), `seed-${seed}.json`);
  writeFileSync(file, JSON.stringify(plan, undefined, 1));
  return [
    `seed ${seed} failed at commit ${commit()}`,
    message,
    "",
    `again: npm run sim -- --seed ${seed}`,
    `the smaller plan: npm run sim -- --plan ${file}`,
    `settings ${JSON.stringify(plan.settings)}`,
    ...plan.steps.map(({ after, act }) => `  +${after} ms ${JSON.stringify(act)}`),
  ].join("\n");
}

function commit(): string {
  const git = (...args: string[]) => spawnSync("git", args, { encoding: "utf8" }).stdout?.trim();
  const changed = git("status", "--porcelain") === "" ? "" : ", with changes";
  return `${git("rev-parse", "--short", "HEAD") || "unknown"}${changed}`;
}
