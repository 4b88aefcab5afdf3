import type { Catch } from "./run-mutants.ts";

const HEAD = `# Deliberate bugs

Each is planted in a copy of the sources, and the simulation or a test has to notice it: a check that nothing can fail proves nothing.
Written by \`npm run sim -- --mutants\`; the bugs are data in [src/mutants](src/mutants).

`;

/** As Markdown. */
export function mutantsTable(catches: readonly Catch[]): string {
  const rows = catches.map(({ mutant, by, message }) => [
    `${mutant.name}`,
    `\`${mutant.file.replace("packages/", "")}\``,
    by ?? "**nothing**",
    cellOf(message),
  ]);
  const lines = [["bug", "in", "caught by", "saying"], ["---", "---", "---", "---"], ...rows];
  return HEAD + lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

const MESSAGE_LENGTH = 160;

function cellOf(message: string): string {
  const short = message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message;
  return short.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
