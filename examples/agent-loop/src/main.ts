/**
 * What it shows: an agent that loops over a model and tools as a durable run. Each answer of the model is
 * memoized before anything else happens, so a step that fails after it does not pay again; a 429 is tried
 * again when Retry-After says; and a run stops at its spending limit.
 *
 * How to run it: node --conditions=@wf/source examples/agent-loop/src/main.ts
 *
 * What to kill: nothing here; crash-and-resume shows a kill, and the same memo serves this loop.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noTerminalHook, type RunOutcome, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { accidents, agentStep, firstTurn } from "./agent.ts";
import { startModelServer } from "./model-server.ts";

const QUESTION = "How many people live in Lyon and Nice?";
const directory = mkdtempSync(join(tmpdir(), "wf-agent-loop-"));
const model = await startModelServer();
const store = new FileSystemObjectStore({ root: join(directory, "store") });
const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
const stop = new AbortController();
const runtime = WorkflowRuntime.builder(
  queue,
  store,
  (step) => agentStep(step, model.url),
  noTerminalHook,
).build();
const running = runtime.run({ signal: stop.signal });

try {
  const answered = await ask("patient", 100);
  const { charged, refused } = model.counts;
  console.log(
    `${answered}: ${charged} answers paid, ${refused} times told to wait, ` +
      `${accidents.count} accident after a payment`,
  );
  const stopped = await ask("thrifty", 3);
  console.log(stopped);
  const isRight =
    answered === "868859 people live in Lyon and Nice" &&
    charged === 4 &&
    refused > 0 &&
    stopped === "stopped at its limit: 4 of 3 cents are spent";
  console.log(`agent-loop: ${isRight ? "answered, and stopped at its limit" : "WRONG"}`);
  process.exitCode = isRight ? 0 : 1;
} finally {
  stop.abort();
  await running;
  await queue.close();
  model.close();
  rmSync(directory, { recursive: true, force: true });
}

async function ask(runId: string, limitCents: number): Promise<string> {
  const input = firstTurn(QUESTION, limitCents);
  await runtime.submit({ runId, input, maxAttemptsPerStep: 10 });
  return textOf(await runtime.outcome(runId, { timeout: "1m" }));
}

function textOf(outcome: RunOutcome): string {
  if (outcome.status === "succeeded") return Buffer.from(outcome.result).toString();
  return outcome.status === "failed" ? outcome.error : outcome.status;
}
