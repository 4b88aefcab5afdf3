/**
 * Many runs of five steps through one process on the filesystem store, killed twice (SIGKILL) on the way: every
 * run has to end, and none twice. `npm run soak` takes 10,000 runs, which take about 12 seconds on two cores;
 * `npm run soak -- 500` as many as one likes.
 */
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [runs = 10_000] = process.argv.slice(2).map(Number);
if (!Number.isInteger(runs) || runs < 10 || runs > 1_000_000) {
  console.error("soak: give the number of runs, 10 to 1000000");
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), "wf-soak-"));
const journal = join(directory, "journal");
const startedAt = performance.now();
try {
  // In the middle of submitting, and in the middle of working.
  const kills = [await work(Math.ceil(runs / 20)), await work(Math.ceil(runs / 2))];
  const rest = await work(undefined);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const { ended, told, twice } = readJournal();
  const isRight =
    ended === runs && twice === 0 && rest === "ended" && kills.every((how) => how === "killed");
  console.log(
    `soak: ${runs} runs of 5 steps, killed ${kills.filter((how) => how === "killed").length} times, ` +
      `${ended} ended, ${twice} twice, ${told - ended} told of again, ${seconds} s: ` +
      `${isRight ? "as promised" : "WRONG"}`,
  );
  process.exitCode = isRight ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Has a process work until it has told of `killAfter` more ends, or else until all runs have ended. */
function work(killAfter: number | undefined): Promise<"killed" | "ended" | "failed"> {
  const args = [directory, String(runs), String(killAfter ?? "")];
  const worker = fork(join(import.meta.dirname, "worker.ts"), args);
  process.on("exit", () => worker.kill("SIGKILL"));
  worker.on("message", (told) => {
    if (killAfter !== undefined && Number(told) >= killAfter) worker.kill("SIGKILL");
  });
  return new Promise((resolve) => {
    worker.on("exit", (code, signal) => {
      resolve(signal === "SIGKILL" ? "killed" : code === 0 ? "ended" : "failed");
    });
  });
}

/** The hook may tell of an end again after a kill; of another end of the same run it must not. */
function readJournal(): { ended: number; told: number; twice: number } {
  const lines = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : [];
  const ends = new Map<string, string>();
  let twice = 0;
  for (const line of lines) {
    const [runId, end] = line.split(" ") as [string, string];
    const known = ends.get(runId);
    if (known !== undefined && known !== end) twice++;
    ends.set(runId, end);
  }
  return { ended: ends.size, told: lines.length, twice };
}
