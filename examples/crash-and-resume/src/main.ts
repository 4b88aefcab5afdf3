/**
 * What it shows: a process is killed in the middle of a run (SIGKILL, which nothing can catch), and the next
 * one goes on from the step that was cut off, without paying again for what that step had paid for.
 *
 * How to run it: node --conditions=@wf/source examples/crash-and-resume/src/main.ts
 *
 * What to kill: it kills its own worker in step 2, which has paid there and waits for that.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KILLED_STEP, STEPS } from "./worker.ts";

const directory = mkdtempSync(join(tmpdir(), "wf-crash-and-resume-"));
try {
  const first = startWorker();
  // The worker has paid in this step and not ended it yet.
  await said(first, `paid in step ${KILLED_STEP}`);
  first.kill("SIGKILL");
  await ended(first);
  console.log(`killed process ${first.pid} in step ${KILLED_STEP}`);

  const second = startWorker();
  const resumed = said(second, "begins step");
  const result = said(second, "result:");
  const resumedAt = await resumed;
  console.log(`process ${second.pid} ${resumedAt}`);
  const text = await result;
  await ended(second);

  const paid = readFileSync(join(directory, "ledger"), "utf8").trim().split("\n").length;
  console.log(
    `crash-and-resume: killed in step ${KILLED_STEP}, ${paid} of ${STEPS} calls paid, ${text}`,
  );
  const isResumed = resumedAt === `begins step ${KILLED_STEP}, attempt 2`;
  process.exitCode = isResumed && paid === STEPS ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function startWorker(): ChildProcess {
  const worker = fork(join(import.meta.dirname, "worker.ts"), [directory]);
  process.on("exit", () => worker.kill("SIGKILL"));
  return worker;
}

/** The first message of the worker that starts so. */
function said(worker: ChildProcess, start: string): Promise<string> {
  return new Promise((resolve, reject) => {
    worker.on("message", (message) => {
      if (String(message).startsWith(start)) resolve(String(message));
    });
    worker.on("exit", () => reject(new Error(`the worker ended before it said "${start}"`)));
  });
}

function ended(worker: ChildProcess): Promise<unknown> {
  if (worker.exitCode !== null || worker.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => worker.on("exit", resolve));
}
