import { describe, expect, it } from "vitest";
import {
  bytes,
  RecordingHook,
  STEPS,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import type { RunOutcome } from "./run.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";
import { noTerminalHook } from "./terminal-hook.ts";

const hanging = () => new Promise<never>(() => {});

/** A world in which step 0 of run `r` is claimed by nobody who will ever settle it. */
async function withAbandonedStep(options: WorldOptions, maxAttemptsPerStep: number) {
  const world = await World.open(options);
  const headers = { tenant: "acme" };
  await world.runtime.submit({
    runId: "r",
    input: bytes(""),
    headers,
    priority: 7,
    maxAttemptsPerStep,
  });
  const [claim] = await world.queue.claim(STEPS);
  expect(claim?.job.attempts).toBe(1);
  await world.settle();
  return world;
}

describe("A crash in the middle of a step", () => {
  it("is followed by another attempt, which finds the memo and pays nothing twice", async () => {
    const hook = new RecordingHook();
    const attempts: number[] = [];
    let paid = 0;
    const runner = async (step: Step) => {
      attempts.push(step.attempts);
      const price = await step.memo.remember("price", () => ++paid);
      if (step.attempts === 1) await hanging();
      return StepOutcome.succeed(bytes(`${price}`));
    };
    const world = await World.open({ runner, hook });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    const before = world.running;
    await world.reopen({ runner, hook });
    await world.start();
    await world.settle();
    expect(attempts).toEqual([1, 2]);
    expect(paid).toBe(1);
    expect(hook.outcomes).toMatchObject([{ status: "succeeded", result: bytes("1") }]);
    expect(before).toBeDefined();
    await world.stop();
  });

  it("keeps a finished step finished", async () => {
    const ran: number[] = [];
    const runner = async ({ stepNumber }: { stepNumber: number }) => {
      ran.push(stepNumber);
      if (stepNumber === 1 && ran.length === 2) await hanging();
      return stepNumber < 2 ? StepOutcome.continueNow(bytes("")) : StepOutcome.succeed(bytes(""));
    };
    const world = await World.open({ runner });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    await world.reopen({ runner });
    await world.start();
    await world.settle();
    expect(ran).toEqual([0, 1, 1, 2]);
    await world.stop();
  });

  it("makes the old process stop with an error once it writes", async () => {
    const world = await World.open({ runner: hanging });
    await world.start();
    await world.settle();
    const { queue, running } = world;
    await world.reopen();
    await expect(queue.kv.put("a", bytes(""))).rejects.toMatchObject({ code: "WF_FENCED" });
    expect(await running).toMatchObject({ code: "WF_FENCED" });
  });
});

describe("A step that dies where no worker sees it", () => {
  it("ends its run as failed when its lease runs out with no attempts left", async () => {
    const hook = new RecordingHook();
    const world = await withAbandonedStep({ hook }, 1);
    await world.start();
    await world.clock.advance("30s");
    expect(hook.outcomes).toEqual([
      {
        runId: "r",
        status: "failed",
        error: "lease expired",
        headers: { tenant: "acme" },
        finalStep: 0,
        terminatedAt: world.clock.now(),
      },
    ]);
    expect(await world.runtime.status("r")).toBeUndefined();
    expect(await world.runtime.submit({ runId: "r", input: bytes("again") })).toMatchObject({
      newlySubmitted: true,
    });
  });

  it("ends its run as failed when it was cut off by a crash with no attempts left", async () => {
    const hook = new RecordingHook();
    const world = await withAbandonedStep({}, 1);
    await world.reopen({ hook });
    await world.start();
    expect(hook.outcomes).toMatchObject([
      { status: "failed", error: expect.stringMatching(/process exit/), finalStep: 0 },
    ]);
    await world.stop();
  });

  it("ends its run as cancelled when a cancel had been promised", async () => {
    const hook = new RecordingHook();
    const world = await withAbandonedStep({ hook }, 1);
    expect(await world.runtime.cancel("r")).toBe(true);
    await world.start();
    await world.clock.advance("30s");
    expect(hook.outcomes).toMatchObject([{ status: "cancelled", reason: undefined }]);
    await world.stop();
  });

  it("asks the hook about the real outcome", async () => {
    const asked: RunOutcome[] = [];
    const hook = Object.assign(new RecordingHook(), {
      observes(outcome: RunOutcome) {
        asked.push(outcome);
        return outcome.status !== "failed";
      },
    });
    const world = await withAbandonedStep({ hook }, 1);
    await world.start();
    await world.clock.advance("30s");
    expect(asked).toMatchObject([{ status: "failed", error: "lease expired" }]);
    expect(hook.outcomes).toEqual([]);
    await world.stop();
  });

  it("frees the run id without a further job where nobody wants to know", async () => {
    const world = await withAbandonedStep({ hook: noTerminalHook }, 1);
    await world.clock.advance("30s");
    expect(await world.runtime.status("r")).toBeUndefined();
    expect(await world.queue.inspect.stats(STEPS)).toMatchObject({ dead: 1, pending: 0 });
  });

  it("passes its priority on to the notification, which has the attempts that the queue gives", async () => {
    const world = await withAbandonedStep({}, 1);
    await world.clock.advance("30s");
    const { items } = await world.queue.inspect.listJobs(STEPS, "pending");
    expect(items).toMatchObject([
      {
        priority: 7,
        maxAttempts: 3,
        headers: { tenant: "acme", "workflow.run_id": "r", "workflow.terminal": "1" },
      },
    ]);
  });

  it("cannot end a newer run under its id when it is requeued", async () => {
    const world = await World.open({ runner: hanging });
    await world.runtime.submit({ runId: "r", input: bytes("old"), maxAttemptsPerStep: 1 });
    const [claim] = await world.queue.claim(STEPS);
    await world.clock.advance("30s");
    const fresh = await world.runtime.submit({ runId: "r", input: bytes("new") });
    expect(fresh.newlySubmitted).toBe(true);
    await world.queue.requeueDead(claim?.job.id as string);
    await world.start();
    expect(await world.runtime.status("r")).toMatchObject({ state: "running", attempts: 1 });
    expect(await world.queue.inspect.getJob(claim?.job.id as string)).toMatchObject({
      state: "dead",
      lastError: expect.stringMatching(/run r has ended/),
    });
  });
});

describe("A step that takes longer than its lease", () => {
  it("keeps it while it runs", async () => {
    const hook = new RecordingHook();
    const attempts: number[] = [];
    const world = await World.open({
      hook,
      runner: async (step) => {
        attempts.push(step.attempts);
        await world.clock.sleep("1h");
        return StepOutcome.succeed(bytes(""));
      },
    });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("2h");
    expect(attempts).toEqual([1]);
    expect(hook.outcomes).toMatchObject([{ status: "succeeded" }]);
    await world.stop();
  });

  it("loses it after maxStepTime, is told so and cannot commit", async () => {
    const hook = new RecordingHook();
    const reasons: unknown[] = [];
    const world = await World.open({
      hook,
      configure: (builder) => builder.maxStepTime("1m").lease("10s"),
      runner: async ({ attempts, abortSignal }) => {
        if (attempts === 1) {
          await world.clock.sleep("1h", abortSignal).catch((reason) => reasons.push(reason));
        }
        return StepOutcome.succeed(bytes(`${attempts}`));
      },
    });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("5m");
    expect(reasons).toMatchObject([{ code: "WF_CLAIM_LOST" }]);
    expect(hook.outcomes).toMatchObject([{ status: "succeeded", result: bytes("2") }]);
    expect(world.logged).toEqual([expect.stringMatching(/could not be settled/)]);
    await world.stop();
  });
});
