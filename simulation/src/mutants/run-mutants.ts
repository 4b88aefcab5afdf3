import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { print } from "../cli/print.ts";
import { LOG_MUTANTS } from "./log-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { mutantsTable } from "./mutants-table.ts";
import { QUEUE_MUTANTS } from "./queue-mutants.ts";
import { WORKFLOW_MUTANTS } from "./workflow-mutants.ts";
import { makeWorkspace } from "./workspace.ts";

export const MUTANTS: readonly Mutant[] = [...LOG_MUTANTS, ...QUEUE_MUTANTS, ...WORKFLOW_MUTANTS];

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TABLE = new URL("../../MUTANTS.md", import.meta.url);

/** By what a deliberate bug was noticed. */
export interface Catch {
  readonly mutant: Mutant;
  /** Undefined: it was not. */
  readonly by: string | undefined;
  /** What was said then. */
  readonly message: string;
}

/** Runs the deliberate bugs one after the other and writes the table. @returns the code to exit with */
export async function runMutants(only: string | true): Promise<number> {
  const chosen = MUTANTS.filter(({ name }) => only === true || name.includes(only));
  const catches: Catch[] = [];
  for (const mutant of chosen) {
    const caught = await runMutant(mutant);
    catches.push(caught);
    print(`${caught.by === undefined ? "NOT CAUGHT" : caught.by}: ${mutant.name}`);
    print(`    ${caught.message}`);
  }
  if (only === true) writeFileSync(TABLE, mutantsTable(catches));
  const missed = catches.filter(({ by }) => by === undefined).length;
  print(`${catches.length - missed} of ${catches.length} deliberate bugs were caught`);
  return missed === 0 ? 0 : 1;
}

/**
 * Plants the bug in a copy of the sources, and runs what is to notice it there.
 *
 * @param mostSeeds runs no more than so many, where it takes seeds
 */
export async function runMutant(
  mutant: Mutant,
  mostSeeds = Number.POSITIVE_INFINITY,
): Promise<Catch> {
  const target = mkdtempSync(join(tmpdir(), "wf-mutant-"));
  try {
    makeWorkspace(ROOT, target);
    plant(mutant, target);
    const { caughtBy } = mutant;
    if ("test" in caughtBy) {
      const run = await execute(target, ["node_modules/vitest/vitest.mjs", "run", caughtBy.test]);
      const failed = / FAIL {2}(.*)/.exec(run.output)?.[1] ?? "";
      const message = failed.slice(failed.lastIndexOf(" > ") + 3);
      return { mutant, by: run.code === 0 ? undefined : caughtBy.test, message };
    }
    const count = String(Math.min(caughtBy.seeds, mostSeeds));
    const run = await execute(target, [
      "--conditions=@wf/source",
      "simulation/src/mutants/find-seed.ts",
      count,
    ]);
    const found = /^seed (\d+): (.*)$/m.exec(run.output);
    const message = found?.[2] ?? run.output.trim().slice(0, 300);
    return { mutant, by: found === null ? undefined : `seed ${found[1]}`, message };
  } finally {
    rmSync(target, { recursive: true });
  }
}

/** @throws where the place is not found exactly once */
export function plant({ name, file, find, replace }: Mutant, root: string): void {
  const path = join(root, file);
  const source = readFileSync(path, "utf8");
  const places = source.split(find).length - 1;
  if (places !== 1) {
    throw new Error(`mutant "${name}": ${places} places in ${file} are as it says, it needs one`);
  }
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
}

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function execute(cwd: string, args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, NO_COLOR: "1" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
