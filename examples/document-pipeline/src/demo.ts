import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "./demo-error.ts";
import { DemoPlace } from "./demo-place.ts";
import { findDocuments, type SourceDocument } from "./documents/documents.ts";
import { type Verdict, verifyRun } from "./records/verify-run.ts";
import { compareReports } from "./report/compare-reports.ts";
import type { DocumentReport } from "./report/document-report.ts";
import { renderReportPage } from "./report/report-page.ts";
import { documentTable, type RunNumbers, runTable } from "./report/summary-table.ts";
import { type Kill, planKills } from "./supervisor/kill-plan.ts";
import { showProgress } from "./supervisor/progress.ts";
import { type PipelineRun, runPipeline } from "./supervisor/run-pipeline.ts";
import { createWorkDirectory } from "./work-directory.ts";
import { MAX_CALLS_IN_FLIGHT } from "./worker/work-order.ts";

export interface Demo {
  /** Absolute directory of the documents. */
  readonly root: string;
  /** At most so many documents. */
  readonly documents: number;
  readonly kills: number;
  readonly seed: number;
  /** Where the demo's own directories are made. */
  readonly workParent: string;
  /** URL of the store to work on, below a name of its own; undefined: a directory. */
  readonly store: string | undefined;
  /** URL of a PostgreSQL server to have the queue on; undefined: the queue is in the store. */
  readonly queue: string | undefined;
  /** How a path is shown. */
  readonly display: (file: string) => string;
}

interface CheckedRun {
  readonly run: PipelineRun;
  readonly verdict: Verdict;
}

/** Runs the pipeline with kills and without, and prints what came of it. Says whether all is as promised. */
export async function runDemo(demo: Demo): Promise<boolean> {
  const documents = await findDocuments(demo.root, demo.documents);
  if (documents.length === 0) {
    throw new UsageError(`there are no Markdown documents with text in ${demo.root}`);
  }
  const calls = documents.reduce((sum, { sections }) => sum + sections, 0);
  console.log(
    `${documents.length} documents with ${calls} sections from ${demo.display(demo.root)}; ` +
      `${demo.kills} kills at moments drawn from seed ${demo.seed}`,
  );
  const directory = createWorkDirectory(demo.workParent);
  await using place = await DemoPlace.open(demo, directory);
  const plan = planKills(demo.seed, demo.kills, calls);
  const killed = await checkedRun("killed", directory, place, documents, plan);
  const whole = await checkedRun("uninterrupted", directory, place, documents, []);
  const differences = await compareReports(killed.run.reportsDirectory, whole.run.reportsDirectory);
  const problems = [...killed.verdict.problems, ...whole.verdict.problems, ...differences];

  const reports = await readReports(killed.run.reportsDirectory, documents);
  const page = path.join(directory, "report.html");
  await writeFile(page, renderReportPage(reports));
  console.log(`\n${documentTable(reports)}\n`);
  console.log(runTable(numbersOf(killed), numbersOf(whole)));
  for (const problem of problems) console.log(`PROBLEM: ${problem}`);
  console.log(`report: ${demo.display(page)}`);
  console.log(lastLine(documents.length, killed.run, differences.length === 0));
  return problems.length === 0;
}

function lastLine(documents: number, { kills, ledger }: PipelineRun, identical: boolean): string {
  return (
    `demo: ${documents} documents, ${kills} kills, ${ledger.paid} calls paid, ` +
    `${ledger.paidTwice} paid twice, ` +
    `reports identical to an uninterrupted run: ${identical ? "yes" : "no"}`
  );
}

async function checkedRun(
  name: string,
  directory: string,
  place: DemoPlace,
  documents: readonly SourceDocument[],
  plan: readonly Kill[],
): Promise<CheckedRun> {
  const progress = showProgress(name.padEnd("uninterrupted".length), documents.length);
  try {
    const run = await runPipeline(
      path.join(directory, name),
      place.of(name),
      documents,
      plan,
      progress,
    );
    const verdict = verifyRun({
      ...run,
      documents: documents.length,
      maxInFlight: MAX_CALLS_IN_FLIGHT,
    });
    return { run, verdict };
  } finally {
    progress.stop();
  }
}

function numbersOf({ run, verdict }: CheckedRun): RunNumbers {
  return {
    documents: run.journal.reported.size,
    kills: run.kills,
    paid: run.ledger.paid,
    recalled: run.journal.recalled,
    inFlightAtKills: verdict.inFlightAtKills,
    paidTwice: run.ledger.paidTwice,
    seconds: run.seconds,
  };
}

async function readReports(
  directory: string,
  documents: readonly SourceDocument[],
): Promise<DocumentReport[]> {
  return Promise.all(
    documents.map(async ({ id }) =>
      JSON.parse(await readFile(path.join(directory, `${id}.json`), "utf8")),
    ),
  );
}
