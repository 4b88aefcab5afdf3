import { describe, expect, it } from "vitest";
import { bytes, RecordingHook, STEPS, World } from "../../test/workflow-world.ts";
import { StepOutcome } from "./step-outcome.ts";
import { noTerminalHook } from "./terminal-hook.ts";
import { WorkflowRuntime } from "./workflow-runtime.ts";

const runner = async () => StepOutcome.succeed(bytes(""));

describe("WorkflowRuntime.builder", () => {
  it("names an argument that is missing or in the place of another", async () => {
    const { queue, store } = await World.open();
    const build = (...args: unknown[]) =>
      WorkflowRuntime.builder(...(args as Parameters<typeof WorkflowRuntime.builder>));
    // As calls were before the object store became an argument.
    expect(() => build(queue, runner, noTerminalHook)).toThrowError(
      /objectStore is a function .*\(queue, objectStore, runner, hook\)/,
    );
    expect(() => build(store, store, runner, noTerminalHook)).toThrowError(
      /queue is \[object Object\] .*"commit"/,
    );
    expect(() => build(queue, store, {}, noTerminalHook)).toThrowError(
      /runner is \[object Object\]/,
    );
    expect(() => build(queue, store, runner, undefined)).toThrowError(/hook is undefined/);
    expect(() => build(queue, store, runner, null)).toThrowError(/hook is null/);
    const hook = { onTermination: async () => {}, observes: true };
    expect(() => build(queue, store, runner, hook)).toThrowError(/hook\.observes is true/);
  });

  it("refuses a bad setting where it is given, naming field, value and bound", async () => {
    const { queue, store } = await World.open();
    const builder = WorkflowRuntime.builder(queue, store, runner, noTerminalHook);
    const refused: [() => unknown, RegExp][] = [
      [() => builder.maxConcurrentSteps(0), /maxConcurrentSteps is 0: .* 1 to 10000/],
      [() => builder.maxConcurrentSteps(1.5), /maxConcurrentSteps is 1.5/],
      [() => builder.maxConcurrentSteps(10_001), /maxConcurrentSteps is 10001/],
      [() => builder.memoRetention(0), /memoRetention is 0: give at least 1 ms/],
      [() => builder.memoRetention(-1), /memoRetention is -1/],
      [() => builder.memoRetention("1 day" as never), /memoRetention is "1 day"/],
      [() => builder.pollInterval(Number.NaN), /pollInterval is NaN/],
      [() => builder.lease(0), /lease is 0/],
      [() => builder.maxStepTime(0), /maxStepTime is 0/],
      [() => builder.queueName("x".repeat(256)), /queueName .* 256 bytes/],
      [() => builder.queueName(7 as never), /queueName 7/],
      [() => builder.memoPrefix("/a"), /memoPrefix "\/a"/],
      [() => builder.stepOutputReplay("yes" as never), /stepOutputReplay is "yes"/],
      [() => builder.clock({} as never), /clock is \[object Object\] .*"now"/],
      [() => builder.logger(undefined as never), /logger is undefined/],
      [() => builder.logger({ error() {} } as never), /logger .*"debug"/],
    ];
    for (const [call, message] of refused) expect(call).toThrowError(message);
  });

  it("runs the steps of its own queue only", async () => {
    const hook = new RecordingHook();
    const world = await World.open({
      runner,
      hook,
      configure: (builder) => builder.queueName("mine"),
    });
    const other = world.build({ configure: (builder) => builder.queueName("other") });
    await world.start();
    await world.runtime.submit({ runId: "mine", input: bytes("") });
    await other.submit({ runId: "other", input: bytes("") });
    await world.settle();
    expect(hook.outcomes).toMatchObject([{ runId: "mine" }]);
    expect((await world.queue.inspect.stats("other")).pending).toBe(1);
    expect((await world.queue.inspect.stats(STEPS)).pending).toBe(0);
    // Its end goes back to the queue that it came from, whoever cancels it.
    await world.runtime.cancel("other");
    expect((await world.queue.inspect.stats("other")).pending).toBe(1);
    await world.stop();
  });
});

describe("WorkflowRuntime.run", () => {
  it("refuses what is no signal", async () => {
    const { runtime } = await World.open();
    await expect(runtime.run({} as never)).rejects.toThrowError(/signal is undefined/);
  });

  it("does nothing under a signal that is aborted already", async () => {
    const world = await World.open({ runner });
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.runtime.run({ signal: AbortSignal.abort() });
    expect(await world.runtime.status("r")).toMatchObject({ state: "pending" });
  });

  it("ends with the error when the queue ends, after what is in hand", async () => {
    const world = await World.open({ runner });
    await world.start();
    await world.queue.close();
    expect(await world.running).toMatchObject({ code: "WF_CLOSED" });
  });
});
