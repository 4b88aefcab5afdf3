/**
 * Publishes the packages at the versions that they have: `npx changeset version` and a commit come before. Tries
 * everything out without `--publish`. Provenance needs a CI that npm knows; see the docs of `npm publish`.
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { CommandError, run } from "./command.ts";
import { type PackedPackage, packAll } from "./pack.ts";
import { publishedPackages, ROOT } from "./workspace.ts";

const isPublishing = process.argv.includes("--publish");

function git(...args: readonly string[]): string {
  return run("git", args, { cwd: ROOT }).trim();
}

/** Where the sources are, for the packages' pages and for provenance. */
function repositoryUrl(): string | undefined {
  try {
    return git("remote", "get-url", "origin");
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

function problems(repository: string | undefined): string[] {
  const pending = globSync(".changeset/*.md", { cwd: ROOT }).filter(
    (file) => !file.endsWith("README.md"),
  );
  return [
    ...(git("status", "--porcelain") === "" ? [] : ["there are changes that are not committed"]),
    ...(pending.length === 0 ? [] : [`npx changeset version was not run: ${pending.join(", ")}`]),
    ...(repository === undefined
      ? ["git has no remote named origin to tell the repository from"]
      : []),
  ];
}

/** Unpacks the archive and writes into it where it came from. */
function complete(
  { tarball, directory, manifest }: PackedPackage,
  url: string,
  into: string,
): string {
  const target = join(into, manifest.name.replace("/", "-"));
  mkdirSync(target);
  run("tar", ["xzf", tarball, "-C", target, "--strip-components=1"], { cwd: into });
  const file = join(target, "package.json");
  const packed = JSON.parse(readFileSync(file, "utf8"));
  const repository = { type: "git", url, directory: relative(ROOT, directory) };
  writeFileSync(file, `${JSON.stringify({ ...packed, repository }, null, 2)}\n`);
  return target;
}

const repository = repositoryUrl();
const found = problems(repository);
for (const problem of found) console.log(`not ready: ${problem}`);
if (isPublishing && found.length > 0) process.exit(1);

const scratch = mkdtempSync(join(tmpdir(), "wf-release-"));
try {
  run("npx", ["-y", "pnpm@12", "exec", "turbo", "run", "build", "--output-logs=errors-only"], {
    cwd: ROOT,
  });
  for (const packed of packAll(publishedPackages(), scratch)) {
    const target = complete(packed, repository ?? "", scratch);
    const how = isPublishing ? ["--provenance"] : ["--dry-run", "--no-provenance"];
    run("npm", ["publish", target, "--access", "public", ...how], { cwd: ROOT });
    const { name, version } = packed.manifest;
    console.log(`${isPublishing ? "published" : "could publish"} ${name} ${version}`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
