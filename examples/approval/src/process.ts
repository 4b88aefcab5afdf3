/** One of the three processes of the example: it submits, approves, or finishes, and ends. */
import { join } from "node:path";
import { noTerminalHook, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { approvalKey, approvalStep } from "./approval.ts";

const RUN = "coffee";
const [act, directory] = process.argv.slice(2) as [string, string];
const store = new FileSystemObjectStore({ root: join(directory, "store") });
const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
const runtime = WorkflowRuntime.builder(queue, store, approvalStep, noTerminalHook).build();

if (act === "submit") {
  await runtime.submit({ runId: RUN, input: Buffer.from("12 EUR") });
  await working(async () => {
    while ((await runtime.status(RUN))?.state !== "waiting") {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  console.log(`the run waits for "${(await runtime.status(RUN))?.waitingFor}"`);
} else if (act === "approve") {
  const delivery = await runtime.signal(approvalKey(RUN), Buffer.from("approved by Grace"));
  console.log(`the approval is ${delivery}, and nothing runs yet`);
} else {
  const outcome = await working(() => runtime.outcome(RUN, { timeout: "30s" }));
  console.log(outcome.status === "succeeded" ? `${Buffer.from(outcome.result)}` : outcome.status);
}
await queue.close();

/** Has the runtime work while `body` runs. */
async function working<T>(body: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const running = runtime.run({ signal: stop.signal });
  try {
    return await body();
  } finally {
    stop.abort();
    await running;
  }
}
