/**
 * What it shows: a run that waits up to seven days for a person. First on virtual time, where the days pass
 * at once: approved on the second day, and timed out on the seventh. Then for real: one process submits and
 * ends, another approves while nothing runs, and a third finishes the run.
 *
 * How to run it: node --conditions=@wf/source examples/approval/src/main.ts
 *
 * What to kill: every process but the last has ended before the next begins, so there is nothing to kill;
 * `kill -9` one of them and the next finds the run where it was.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noTerminalHook, type RunOutcome, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { approvalKey, approvalStep } from "./approval.ts";

const virtual = await onVirtualTime();
for (const line of virtual) console.log(`virtual time: ${line}`);
const real = acrossProcesses();
console.log(`across processes: ${real}`);
const isRight =
  virtual[0] === "30 EUR approved by Ada, after 2 days" &&
  virtual[1] === "nobody approved 99 EUR in seven days, after 7 days" &&
  real === "12 EUR approved by Grace";
console.log(
  `approval: two days, seven days and three processes later: ${isRight ? "as asked" : "WRONG"}`,
);
process.exitCode = isRight ? 0 : 1;

async function onVirtualTime(): Promise<string[]> {
  const clock = new MockClock();
  const store = new MemoryObjectStore({ clock });
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue", clock });
  const runtime = WorkflowRuntime.builder(queue, store, approvalStep, noTerminalHook).build();
  const stop = new AbortController();
  const running = runtime.run({ signal: stop.signal });

  const startedAt = clock.now();
  await runtime.submit({ runId: "lunch", input: Buffer.from("30 EUR") });
  await runtime.submit({ runId: "dinner", input: Buffer.from("99 EUR") });
  const lunch = runtime.outcome("lunch");
  const dinner = runtime.outcome("dinner");
  await clock.advance("2d");
  await runtime.signal(approvalKey("lunch"), Buffer.from("approved by Ada"));
  await clock.advance("5d");

  const lines = (await Promise.all([lunch, dinner])).map((outcome) => {
    const days = (outcome.terminatedAt - startedAt) / 86_400_000;
    return `${textOf(outcome)}, after ${days} days`;
  });
  stop.abort();
  await running;
  await queue.close();
  return lines;
}

function acrossProcesses(): string {
  const directory = mkdtempSync(join(tmpdir(), "wf-approval-"));
  const process_ = (act: string) => {
    const args = [
      "--conditions=@wf/source",
      join(import.meta.dirname, "process.ts"),
      act,
      directory,
    ];
    return execFileSync(process.execPath, args, { encoding: "utf8" }).trim();
  };
  try {
    console.log(`process 1: ${process_("submit")}`);
    console.log(`process 2: ${process_("approve")}`);
    return process_("finish");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function textOf(outcome: RunOutcome): string {
  if (outcome.status === "succeeded") return Buffer.from(outcome.result).toString();
  return outcome.status === "failed" ? outcome.error : outcome.status;
}
