import { noTerminalHook, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { orderStep } from "./order-steps.ts";

const store = new FileSystemObjectStore({ root: "./orders" });
const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
const runtime = WorkflowRuntime.builder(
  queue,
  store,
  orderStep,
  noTerminalHook,
).build();

const stop = new AbortController();
const running = runtime.run({ signal: stop.signal });
const order = Buffer.from(JSON.stringify({ item: "lamp", amount: 30 }));
const { newlySubmitted } = await runtime.submit({
  runId: "order-42",
  input: order,
});
console.log(newlySubmitted ? "submitted" : "going on");

const outcome = await runtime.outcome("order-42");
console.log(
  outcome.status === "succeeded"
    ? Buffer.from(outcome.result).toString()
    : outcome,
);
stop.abort();
await running;
await queue.close();
