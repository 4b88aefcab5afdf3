import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs the first TypeScript block of the README's quick start, as it is printed there. */
function runQuickStart(directory: string): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const code = /## Quick start[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)?.[1] as string;
  // In the repository, where the packages resolve; git ignores it.
  const file = join(root, `.quick-start-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const args = ["--conditions=@wf/source", file];
    return execFileSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
  } finally {
    rmSync(file);
  }
}

it("the quick start of the README prints what the README says, also the second time", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const promised = /It prints `(.*?)`/.exec(readme)?.[1];
  const directory = mkdtempSync(join(tmpdir(), "wf-quick-start-"));
  try {
    expect(runQuickStart(directory).trim()).toBe(promised);
    expect(runQuickStart(directory).trim()).toBe(promised);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
