import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { traceHash } from "../src/cli/trace-hash.ts";
import { makePlan } from "../src/plan/make-plan.ts";
import { runPlan } from "../src/run-plan.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const run = promisify(execFile);

/** Of each seed the hash of all that happened, from a process of its own. */
async function hashes(seed: number, seeds: number): Promise<string[]> {
  const args = [
    "--conditions=@wf/source",
    MAIN,
    "--hash",
    "--seed",
    `${seed}`,
    "--seeds",
    `${seeds}`,
  ];
  const { stdout } = await run(process.execPath, args);
  return stdout.trim().split("\n");
}

it("the same seed gives the same trace in another process, to the byte, and another seed another", async () => {
  const [first, second] = await Promise.all([hashes(1, 8), hashes(1, 8)]);
  expect(first).toEqual(second);
  expect(first[0]).toMatch(/^1 [0-9a-f]{64}$/);
  expect(new Set(first.map((line) => line.split(" ")[1])).size).toBe(8);
  // And it does not matter what ran before it in its process.
  expect(await hashes(6, 1)).toEqual([first[5]]);
});

it("a plan that was written down and read again gives the trace of its seed", async () => {
  const plan = makePlan(7);
  const traces: string[] = [];
  for (const played of [plan, JSON.parse(JSON.stringify(plan))]) {
    traces.push(traceHash((await runPlan(played)).stage.world));
  }
  expect(traces[1]).toBe(traces[0]);
});
