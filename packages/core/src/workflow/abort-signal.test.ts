import { describe, expect, it } from "vitest";
import { bytes, gate, RecordingHook, World, type WorldOptions } from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

/** A run whose step looks at its abort signal and goes on when the door opens. */
async function openRunning(options: WorldOptions = {}) {
  const door = gate();
  const hook = new RecordingHook();
  const steps: Step[] = [];
  const runner = async (step: Step) => {
    steps.push(step);
    step.abortSignal.addEventListener("abort", () => {});
    await door.passed;
    return StepOutcome.succeed(bytes("drained"));
  };
  const world = await World.open({ hook, runner, ...options });
  await world.start();
  await world.runtime.submit({ runId: "r", input: bytes("") });
  await world.settle();
  const code = () => steps[0]?.abortSignal.aborted && steps[0]?.abortSignal.reason.code;
  return { world, hook, door, steps, code };
}

describe("Step.abortSignal", () => {
  it("says that the run was cancelled", async () => {
    const { world, door, code } = await openRunning();
    expect(code()).toBe(false);
    await world.runtime.cancel("r");
    expect(code()).toBe("WF_CANCEL_REQUESTED");
    door.open();
    await world.stop();
  });

  it("says that the lease is lost", async () => {
    const { world, code } = await openRunning({ configure: (b) => b.maxStepTime("1m") });
    await world.clock.advance("2m");
    expect(code()).toBe("WF_CLAIM_LOST");
  });

  it("says that another process has the queue", async () => {
    const { world, code } = await openRunning();
    const { queue } = world;
    await world.reopen();
    await queue.kv.put("a", bytes("")).catch(() => {});
    expect(code()).toBe("WF_FENCED");
  });

  it("says that the runtime is to stop, while the step is waited for and counts", async () => {
    const { world, hook, door, code } = await openRunning();
    const stopped = world.stop();
    await world.settle();
    expect(code()).toBe("WF_SHUTDOWN");
    door.open();
    expect(await stopped).toBeUndefined();
    await world.reopen({ hook });
    await world.start();
    expect(hook.outcomes).toMatchObject([{ result: bytes("drained") }]);
    await world.stop();
  });

  it("says so too to a step that starts when the runtime is to stop already", async () => {
    const world = await World.open();
    const aborted = AbortSignal.abort("bye");
    await expect(world.runtime.run({ signal: aborted })).resolves.toBeUndefined();
  });

  it("lets a step that gives up at a shutdown be tried by the next process at once", async () => {
    const attempts: number[] = [];
    const hook = new RecordingHook();
    const runner = async ({ attempts: attempt, abortSignal }: Step) => {
      attempts.push(attempt);
      if (attempt === 1) {
        await new Promise((_, reject) => {
          abortSignal.addEventListener("abort", () => reject(abortSignal.reason));
        });
      }
      return StepOutcome.succeed(bytes(""));
    };
    const world = await World.open({ runner, hook });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    await world.stop();
    expect(await world.runtime.status("r")).toMatchObject({ state: "pending" });
    await world.reopen({ runner, hook });
    await world.start();
    expect(attempts).toEqual([1, 2]);
    expect(hook.outcomes).toHaveLength(1);
    await world.stop();
  });
});
