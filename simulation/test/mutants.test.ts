import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Mutant } from "../src/mutants/mutant.ts";
import { MUTANTS, plant, runMutant } from "../src/mutants/run-mutants.ts";
import { makeWorkspace } from "../src/mutants/workspace.ts";

/** What is caught within a few seeds, one of each kind; `npm run sim -- --mutants` runs them all. */
const QUICK = [
  "acknowledges before it is durable",
  "forgets the seal when it takes over",
  "drops the deletes of a commit that has something else to do",
  "does not flush the directory of a new object",
];
const QUICK_SEEDS = 20;

const ROOT = new URL("../..", import.meta.url).pathname;
let target = "";

afterEach(() => rmSync(target, { recursive: true, force: true }));

describe("a deliberate bug", () => {
  it("has a name of its own, and its place in the sources is there exactly once", () => {
    target = mkdtempSync(join(tmpdir(), "wf-plant-"));
    makeWorkspace(ROOT, target);
    for (const mutant of MUTANTS) plant(mutant, target);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each([
    ["is not there", "no such text stands in this file"],
    ["is there more often", "import"],
  ])("is refused where its place %s", (_, find) => {
    target = mkdtempSync(join(tmpdir(), "wf-plant-"));
    makeWorkspace(ROOT, target);
    const mutant = { ...(MUTANTS[0] as Mutant), find };
    expect(() => plant(mutant, target)).toThrow(/places in .* it needs one/);
  });

  it.each(QUICK)("is caught: %s", async (name) => {
    const mutant = MUTANTS.find((known) => known.name === name) as Mutant;
    const { by, message } = await runMutant(mutant, QUICK_SEEDS);
    expect(by, message).toBeDefined();
  });

  it("that changes nothing is not caught", async () => {
    const { find, file } = MUTANTS[0] as Mutant;
    const none = { name: "none", file, find, replace: find, caughtBy: { seeds: 5 } };
    expect((await runMutant(none)).by).toBeUndefined();
  });
});
