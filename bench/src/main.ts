/** Asks the questions of the bench and holds the answers against the budgets. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Arguments, parseArguments, USAGE } from "./arguments.ts";
import { BUDGETS, type Budget, PEER_BUDGETS } from "./budgets.ts";
import { runFresh } from "./fresh-process.ts";
import { describeCommit, describeMachine, machineLine } from "./machine.ts";
import { COMPARISONS, comparePeers } from "./peers/compare.ts";
import { profileReport } from "./profile.ts";
import { needsPostgres, questionNames, readQuestion } from "./questions.ts";
import { recordEntry } from "./results.ts";
import { formatBudget, table } from "./table.ts";
import { judge, type Measured, unmeasured } from "./verdict.ts";

interface Outcome {
  readonly figures: readonly Measured[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  /** Markdown to go below the table. */
  readonly notes: string;
}

const PROFILE_LINES = 30;
const DEFAULT_JSON = new URL("../latest.json", import.meta.url);

async function main(): Promise<void> {
  const names = questionNames();
  const args = readArguments([...names, ...COMPARISONS]);
  if (args === undefined) return;
  if (args.list) return await list(names);
  const asked = (args.peers ? COMPARISONS : names).filter(
    (name) =>
      needsPostgres(name) === (args.queue !== undefined) &&
      (args.only.length === 0 || args.only.includes(name)),
  );
  const date = new Date().toISOString();
  const machine = describeMachine();
  console.log(`${machineLine(machine)}\n`);
  const { figures, failures, notes } = await (args.peers ? comparePeers(asked) : ask(asked, args));
  const budgets = args.peers ? PEER_BUDGETS : BUDGETS;
  const verdicts = judge(figures, budgets);
  const problems = [...failures, ...missed(figures, budgets, asked)];
  const report = [table(verdicts), notes, problems.join("\n")].filter(Boolean).join("\n\n");
  console.log(`\n${report}`);
  const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
  const commit = describeCommit();
  const json = { date, commit, command, machine, verdicts, problems, notes };
  writeFileSync(args.json ?? DEFAULT_JSON, `${JSON.stringify(json, undefined, 2)}\n`);
  if (args.record) recordEntry({ date, commit, command, machine, report });
  if (failures.length > 0 || (args.check && problems.length > 0)) process.exitCode = 1;
}

function readArguments(names: readonly string[]): Arguments | undefined {
  try {
    return parseArguments(process.argv.slice(2), names);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function list(names: readonly string[]): Promise<void> {
  for (const name of names) console.log(`${name}: ${(await readQuestion(name)).asks}`);
  for (const name of COMPARISONS) console.log(`${name}: only with --peers`);
}

/** Asks each question in a fresh process with an empty directory. */
async function ask(
  names: readonly string[],
  { profile: profileTo, queue: queueUrl = "" }: Arguments,
): Promise<Outcome> {
  const figures: Measured[] = [];
  const failures: string[] = [];
  for (const name of names) {
    const start = performance.now();
    const directory = mkdtempSync(join(tmpdir(), `wf-bench-${name}-`));
    try {
      await runFresh({ name, directory, queueUrl, profileTo }, (figure) =>
        figures.push({ question: name, ...figure }),
      );
    } catch (error) {
      failures.push(`${name} failed: ${error}`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    console.log(`${name}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  }
  const notes = profileTo === undefined ? "" : profileReport(profileTo, PROFILE_LINES);
  return { figures, failures, notes };
}

function missed(
  figures: readonly Measured[],
  budgets: readonly Budget[],
  asked: readonly string[],
): string[] {
  const over = judge(figures, budgets).filter((verdict) => verdict.holds === false);
  return [
    ...over.map(
      ({ question, name, value, budget }) =>
        `MISSED ${question}, ${name}: ${value} is not ${formatBudget(budget)}`,
    ),
    ...unmeasured(figures, budgets, asked).map(
      ({ question, figure }) => `NOT MEASURED ${question}, ${figure}`,
    ),
  ];
}

await main();
