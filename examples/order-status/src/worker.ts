/** The process that is killed: it submits all orders that have no row yet, and works on them. */
import { join } from "node:path";
import { type Step, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import {
  ORDERS,
  orderStep,
  readStatus,
  rowKey,
  SHIPPED,
  shippingHook,
  statusAt,
} from "./orders.ts";

const [directory, steps] = process.argv.slice(2) as [string, string];
const lastStep = Number(steps);
let begun = 0;
const store = new FileSystemObjectStore({ root: join(directory, "store") });
const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
const runStep = async (step: Step) => {
  if (++begun >= lastStep) {
    process.send?.("kill me now");
    await new Promise(() => {});
  }
  return await orderStep(step);
};
const runtime = WorkflowRuntime.builder(queue, store, runStep, shippingHook).build();
const stop = new AbortController();
const running = runtime.run({ signal: stop.signal });

for (let number = 0; number < ORDERS; number++) {
  const runId = `order-${number}`;
  // The row tells also of orders that are done, whose run ids are free again.
  if ((await readStatus(queue.kv, runId)) !== "") continue;
  const kv = { [rowKey(runId)]: Buffer.from(statusAt(0)) };
  await runtime.submit({ runId, input: Buffer.from("a lamp"), kv });
}
while ((await shipped()) < ORDERS) await queue.clock.sleep(5);
stop.abort();
await running;
await queue.close();
process.disconnect?.();

async function shipped(): Promise<number> {
  const { items } = await queue.kv.scan("orders/", { limit: 1_000 });
  return items.filter(({ value }) => Buffer.from(value).toString() === SHIPPED).length;
}
