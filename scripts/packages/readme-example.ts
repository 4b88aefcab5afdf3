import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface ReadmeExample {
  /** A whole program. */
  readonly code: string;
  /** What it prints, by what the README says. */
  readonly prints: string;
}

/**
 * The first TypeScript block of a README and the line that says what it prints.
 *
 * @throws Error where there is none
 */
export function readmeExample(directory: string): ReadmeExample {
  const readme = readFileSync(join(directory, "README.md"), "utf8");
  const found = /```ts\n([\s\S]*?)```\s+It prints `(.*?)`/.exec(readme);
  if (found === null) {
    throw new Error("README.md has no TypeScript block that is followed by: It prints `…`");
  }
  return { code: found[1] as string, prints: found[2] as string };
}
