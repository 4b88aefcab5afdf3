import { noTerminalHook, StepOutcome, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";

const store = new FileSystemObjectStore({ root: "./data" });
const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
const runtime = WorkflowRuntime.builder(
  queue,
  store,
  async (step) => {
    const amount = Buffer.from(step.payload).toString();
    const receipt = await step.memo.remember(
      "charge",
      async () => `paid ${amount}`,
    );
    return StepOutcome.succeed(Buffer.from(receipt));
  },
  noTerminalHook,
).build();

const stop = new AbortController();
const running = runtime.run({ signal: stop.signal });
await runtime.submit({ runId: "order-42", input: Buffer.from("30 EUR") });
const outcome = await runtime.outcome("order-42");
if (outcome.status === "succeeded")
  console.log(Buffer.from(outcome.result).toString());
stop.abort();
await running;
await queue.close();
