/**
 * Runs every check of the repository in turn and counts: `N passed, N failed, N skipped`. A check that fails
 * does not keep the others from running. Tests count one by one, every other check as one.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Beside the one that the repository installs. */
const OTHER_NODES = [22, 26];

const root = new URL("..", import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), "wf-verify-"));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
/** Said once more at the end, where they are found. */
const failures: string[] = [];

function run(command: string, args: readonly string[]): boolean {
  console.log(`\n> ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0;
}

function check(command: string, ...args: readonly string[]): void {
  if (run(command, args)) total.passed++;
  else {
    total.failed++;
    failures.push(`${command} ${args.join(" ")}`);
  }
}

function test(): void {
  const report = join(scratch, "tests.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const succeeded = run("npm", ["test", "--silent", "--", ...reporters]);
  const counts = readReport(report);
  total.passed += counts.passed;
  total.skipped += counts.skipped;
  // A file that cannot even be loaded fails the run without a failed test.
  total.failed += succeeded ? counts.failed : Math.max(counts.failed, 1);
}

/** The tests of all packages, as one check; the scripts around them are run by the repository's own Node. */
function testOnNode(version: number): void {
  const vitest = "node_modules/vitest/vitest.mjs";
  const args = ["run", "--reporter=dot", "packages"];
  check("npx", "-y", "-p", `node@${version}`, "node", vitest, ...args);
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

function noteFailures(files: readonly TestFile[]): void {
  for (const { name, status, assertionResults } of files) {
    const failed = assertionResults.filter((test) => test.status === "failed");
    for (const { fullName } of failed) failures.push(`${name}: ${fullName}`);
    if (status === "failed" && failed.length === 0) failures.push(name);
  }
}

function readReport(file: string): Counts {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    noteFailures(report.testResults);
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch (error) {
    console.log(`there is no report of the tests: ${error}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

check("biome", "check", "--error-on-warnings", ".");
check("tsc", "--noEmit");
// By pnpm, because turbo asks it for the packages.
check("npx", "-y", "pnpm@12", "exec", "turbo", "run", "build");
check("node", "scripts/packages/check.ts");
test();
for (const version of OTHER_NODES) testOnNode(version);
check("npm", "run", "--silent", "demo");
check("npm", "run", "--silent", "docs");

rmSync(scratch, { recursive: true });
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
