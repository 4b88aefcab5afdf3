import { noTerminalHook, WorkflowRuntime } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { expect, it } from "vitest";
import { orderStep } from "./order-steps.ts";

it("an order ships once its time has come", async () => {
  const clock = new MockClock();
  const store = new MemoryObjectStore({ clock });
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue", clock });
  const runtime = WorkflowRuntime.builder(
    queue,
    store,
    orderStep,
    noTerminalHook,
  ).build();
  const stop = new AbortController();
  const running = runtime.run({ signal: stop.signal });

  const input = Buffer.from(JSON.stringify({ item: "lamp", amount: 30 }));
  await runtime.submit({ runId: "order-42", input });
  const shipped = runtime.outcome("order-42");

  await clock.advance("2s");
  expect(await runtime.status("order-42")).toMatchObject({
    state: "waiting",
    currentStep: 1,
  });

  await clock.advance("1s");
  const outcome = await shipped;
  expect(
    outcome.status === "succeeded" && Buffer.from(outcome.result).toString(),
  ).toBe("lamp shipped, paid 30 EUR");

  stop.abort();
  await running;
  await queue.close();
});
