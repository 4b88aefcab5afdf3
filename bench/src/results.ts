import { appendFileSync } from "node:fs";
import { type Machine, machineLine } from "./machine.ts";

export interface Entry {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly commit: string;
  readonly command: string;
  readonly machine: Machine;
  /** Tables and notes, in Markdown. */
  readonly report: string;
}

const FILE = new URL("../RESULTS.md", import.meta.url);

export function formatEntry({ date, commit, command, machine, report }: Entry): string {
  return `
## ${date.slice(0, 16).replace("T", " ")} UTC, commit ${commit}

- machine: ${machineLine(machine)}
- command: \`${command}\`
- changed since the entry before, and what it gave:

${report}
`;
}

/** Adds the entry to RESULTS.md, which is only ever added to. */
export function recordEntry(entry: Entry): void {
  appendFileSync(FILE, formatEntry(entry));
}
