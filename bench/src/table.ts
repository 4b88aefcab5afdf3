import type { Budget } from "./budgets.ts";
import type { Verdict } from "./verdict.ts";

const HEAD = ["question", "figure", "value", "unit", "budget", "holds"] as const;
/** Columns of numbers, set to the right. */
const RIGHT = new Set([2]);

/** The verdicts as a table that reads well on a terminal and in Markdown. */
export function table(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict, index) => [
    verdicts[index - 1]?.question === verdict.question ? "" : verdict.question,
    verdict.name,
    formatValue(verdict.value),
    verdict.unit,
    formatBudget(verdict.budget),
    verdict.holds === undefined ? "" : verdict.holds ? "yes" : "NO",
  ]);
  return markdownTable(HEAD, rows, RIGHT);
}

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number>,
): string {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] as string)].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] as number, right.has(column))).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    right.has(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** With about three digits that count; whole numbers whole. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4;
  return value.toLocaleString("en", {
    minimumFractionDigits: 0,
    maximumFractionDigits: digits,
  });
}

export function formatBudget(budget: Budget | undefined): string {
  if (budget === undefined) return "";
  return `${budget.bound === "at least" ? "≥" : "≤"} ${budget.value.toLocaleString("en")}`;
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
