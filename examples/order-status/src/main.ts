/**
 * What it shows: application state that is never out of step with the work. Each order has a row in the
 * queue's key-value store, which changes in the commit that moves its run. The worker is killed at some
 * moments, and each time every row agrees with where its run stands.
 *
 * How to run it: node --conditions=@wf/source examples/order-status/src/main.ts
 *
 * What to kill: it kills its own worker three times. `kill -9` the process of worker.ts adds one.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeyValueReader, noTerminalHook, StepOutcome, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { ORDERS, readStatus, SHIPPED, statusAt } from "./orders.ts";

/** Steps that a worker begins before it is killed; all orders together have 120. */
const KILLS_AFTER_STEPS = [20, 30, 40];
const directory = mkdtempSync(join(tmpdir(), "wf-order-status-"));
try {
  let [kills, wrong] = [0, 0];
  for (const steps of KILLS_AFTER_STEPS) {
    const worker = startWorker(steps);
    worker.on("message", () => worker.kill("SIGKILL"));
    await ended(worker);
    if (worker.signalCode === "SIGKILL") kills++;
    wrong += await checkRows();
  }
  const worker = startWorker(Number.POSITIVE_INFINITY);
  const code = await ended(worker);
  wrong += await checkRows();
  const isRight = code === 0 && wrong === 0;
  console.log(
    `order-status: ${ORDERS} orders, ${kills} kills, ${wrong} rows out of step, ` +
      `all shipped: ${isRight ? "yes" : "no"}`,
  );
  process.exitCode = isRight ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** It waits for its kill in the last of so many steps that it begins, with others under way. */
function startWorker(steps: number): ChildProcess {
  const worker = fork(join(import.meta.dirname, "worker.ts"), [directory, String(steps)]);
  process.on("exit", () => worker.kill("SIGKILL"));
  return worker;
}

function ended(worker: ChildProcess): Promise<number | null> {
  if (worker.exitCode !== null || worker.signalCode !== null) {
    return Promise.resolve(worker.exitCode);
  }
  return new Promise((resolve) => worker.on("exit", resolve));
}

/** Compares each row with its run; the number of those that disagree. */
async function checkRows(): Promise<number> {
  const store = new FileSystemObjectStore({ root: join(directory, "store") });
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  // It only looks; its runner never runs.
  const looker = async () => StepOutcome.fail("never");
  const runtime = WorkflowRuntime.builder(queue, store, looker, noTerminalHook).build();
  const counts: Record<string, number> = {};
  let wrong = 0;
  for (let number = 0; number < ORDERS; number++) {
    const row = await readStatus(queue.kv, `order-${number}`);
    counts[row || "no row"] = (counts[row || "no row"] ?? 0) + 1;
    if (!(await agrees(queue.kv, runtime, `order-${number}`))) wrong++;
  }
  await queue.close();
  console.log(`rows: ${JSON.stringify(counts)}, ${wrong} out of step`);
  return wrong;
}

async function agrees(
  kv: KeyValueReader,
  runtime: WorkflowRuntime,
  orderId: string,
): Promise<boolean> {
  const row = await readStatus(kv, orderId);
  const run = await runtime.status(orderId);
  if (run !== undefined) return row === statusAt(run.currentStep);
  return row === "" || row === "handed over" || row === SHIPPED;
}
