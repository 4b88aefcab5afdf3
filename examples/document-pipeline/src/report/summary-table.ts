import Table from "cli-table3";
import type { DocumentReport } from "./document-report.ts";

const LONGEST_DOCUMENTS = 10;
const NAME_WIDTH = 40;

/** The longest documents, and what all come to. */
export function documentTable(reports: readonly DocumentReport[]): string {
  const table = plainTable(["document", "sections", "words", "minutes", "top terms"]);
  const longest = [...reports].sort((a, b) => b.words - a.words || (a.name < b.name ? -1 : 1));
  for (const report of longest.slice(0, LONGEST_DOCUMENTS)) {
    const terms = report.terms.slice(0, 2).map(({ term }) => term);
    table.push([shorten(report.name), ...numbers([report]), terms.join(", ")]);
  }
  if (reports.length > LONGEST_DOCUMENTS) {
    const others = longest.slice(LONGEST_DOCUMENTS);
    table.push([`${others.length} more`, ...numbers(others), ""]);
  }
  return table.toString();
}

/** One run of the pipeline, in numbers. */
export interface RunNumbers {
  readonly documents: number;
  readonly kills: number;
  readonly paid: number;
  readonly recalled: number;
  readonly inFlightAtKills: number;
  readonly paidTwice: number;
  readonly seconds: number;
}

/** Both runs side by side. */
export function runTable(killed: RunNumbers, uninterrupted: RunNumbers): string {
  const table = plainTable(["", "killed", "uninterrupted"]);
  const row = (name: string, number: (run: RunNumbers) => string | number) =>
    table.push([name, right(number(killed)), right(number(uninterrupted))]);
  row("documents", (run) => run.documents);
  row("kills", (run) => run.kills);
  row("calls paid", (run) => run.paid);
  row("answers taken from the memo", (run) => run.recalled);
  row("calls in flight at the kills", (run) => run.inFlightAtKills);
  row("calls paid twice", (run) => run.paidTwice);
  row("seconds", (run) => run.seconds.toFixed(1));
  return table.toString();
}

function numbers(reports: readonly DocumentReport[]) {
  const sum = (of: (report: DocumentReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return [
    right(sum((report) => report.sections.length)),
    right(sum((report) => report.words)),
    right(Math.ceil(sum((report) => report.readingSeconds) / 60)),
  ];
}

function right(content: string | number) {
  return { content: String(content), hAlign: "right" as const };
}

function shorten(name: string): string {
  return name.length <= NAME_WIDTH ? name : `…${name.slice(1 - NAME_WIDTH).toWellFormed()}`;
}

/** Without colours, so that it reads the same in a log. */
function plainTable(head: string[]) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
