/**
 * Kills (SIGKILL) a process that owns a queue on the filesystem store, again and again, at work, at its start, while
 * it opens the queue, and when another takes it over from a living or paused one; and holds what the processes were
 * told by the queue against what is there in the end. `npm run crash` kills 50 times, which takes about a minute on
 * two cores; `npm run crash -- --kills 500 --seed 7` as often as one likes, at the same moments as near as real
 * time allows.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crash } from "./crash.ts";

const MAX_SHOWN = 20;
const PROGRESS_KILLS = 100;
const { values } = parseArgs({
  options: { kills: { type: "string", default: "50" }, seed: { type: "string" } },
});
const kills = Number(values.kills);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed) || seed < 0) {
  console.error("crash: give --kills, a number from 1, and --seed, a number from 0");
  process.exit(2);
}

// So that the processes are ended as well, a stopped one too: see OwnerProcess.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

const directory = mkdtempSync(join(tmpdir(), "wf-crash-"));
const startedAt = performance.now();
console.log(`crash: ${kills} kills, seed ${seed}, in ${directory}`);
const { ledger, counts, problems } = await crash(directory, kills, seed, showProgress);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
const isRight = problems.length === 0;
console.log(
  `crash: ${kills} kills (${kinds.join(", ")}), ${ledger.recoveries} recoveries, ` +
    `${ledger.acknowledgements} acknowledgements of ${ledger.done.size} jobs and ${ledger.ends.size} runs, ` +
    `${ledger.paidAgain} calls paid again, ${seconds} s: ` +
    `${isRight ? "as promised" : `WRONG, ${problems.length} differences`}`,
);
for (const problem of problems.slice(0, MAX_SHOWN)) console.log(`  ${problem}`);
// What is wrong is kept to be looked at.
if (isRight) rmSync(directory, { recursive: true });
process.exitCode = isRight ? 0 : 1;

function showProgress(count: number): void {
  if (count % PROGRESS_KILLS === 0 && count < kills) console.log(`crash: ${count} kills`);
}
