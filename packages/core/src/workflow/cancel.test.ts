import { describe, expect, it } from "vitest";
import {
  bytes,
  gate,
  RecordingHook,
  STEPS,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepError } from "./step-error.ts";
import { StepOutcome } from "./step-outcome.ts";

const CANCELLED = { runId: "r", status: "cancelled", reason: undefined };

async function open(options: WorldOptions = {}) {
  const hook = new RecordingHook();
  const world = await World.open({ hook, ...options });
  await world.runtime.submit({ runId: "r", input: bytes(""), headers: { tenant: "acme" } });
  return { world, hook };
}

/** A run whose step is running until the door opens; the step then does `then`. */
async function openRunning(then: (step: Step) => StepOutcome, options: WorldOptions = {}) {
  const door = gate();
  const signals: AbortSignal[] = [];
  const runner = async (step: Step) => {
    signals.push(step.abortSignal);
    step.effects.put("staged", bytes("1"));
    await door.passed;
    return then(step);
  };
  const { world, hook } = await open({ runner, ...options });
  await world.start();
  return { world, hook, door, signals };
}

describe("WorkflowRuntime.cancel", () => {
  it("ends a run whose first step is pending before it resolves", async () => {
    const { world, hook } = await open();
    expect(await world.runtime.cancel("r")).toBe(true);
    expect(await world.runtime.status("r")).toBeUndefined();
    expect(await world.runtime.cancel("r")).toBe(false);
    await world.start();
    expect(hook.outcomes).toMatchObject([
      { ...CANCELLED, headers: { tenant: "acme" }, finalStep: 0 },
    ]);
    await world.stop();
  });

  it("ends a sleeping run, also right after a restart", async () => {
    const runner = async () => StepOutcome.continueAfter(bytes(""), "30d");
    const { world, hook } = await open({ runner });
    await world.start();
    await world.stop();
    await world.reopen({ hook });
    expect(await world.runtime.status("r")).toMatchObject({ state: "waiting", currentStep: 1 });
    expect(await world.runtime.cancel("r")).toBe(true);
    await world.start();
    expect(hook.outcomes).toMatchObject([{ ...CANCELLED, finalStep: 1 }]);
    expect(await world.queue.inspect.stats(STEPS)).toMatchObject({ scheduled: 0, pending: 0 });
    await world.stop();
  });

  it("ends a run that waits for its next attempt", async () => {
    const runner = async () => {
      throw new Error("again");
    };
    const { world, hook } = await open({ runner });
    await world.start();
    expect(await world.runtime.cancel("r")).toBe(true);
    await world.settle();
    expect(hook.outcomes).toMatchObject([CANCELLED]);
    await world.stop();
  });

  it("is false for a run that has ended or never was, and refuses what is no run id", async () => {
    const { world } = await open();
    expect(await world.runtime.cancel("other")).toBe(false);
    await expect(world.runtime.cancel("a/b")).rejects.toMatchObject({ code: "WF_INVALID_RUN_ID" });
  });

  it("asks a running step to stop, and throws away what it returns, throws and staged", async () => {
    const endings: ((step: Step) => StepOutcome)[] = [
      () => StepOutcome.succeed(bytes("")),
      () => StepOutcome.continueNow(bytes("")),
      () => StepOutcome.fail("no"),
      () => {
        throw new Error("transient");
      },
      () => {
        throw StepError.permanent("permanent");
      },
      (step) => {
        throw step.abortSignal.reason;
      },
    ];
    for (const ending of endings) {
      const { world, hook, door, signals } = await openRunning(ending);
      expect(await world.runtime.cancel("r")).toBe(true);
      expect(await world.runtime.cancel("r")).toBe(true);
      expect(signals[0]).toMatchObject({ aborted: true, reason: { code: "WF_CANCEL_REQUESTED" } });
      expect(await world.runtime.status("r")).toMatchObject({ state: "cancelling" });
      expect(hook.outcomes).toEqual([]);
      door.open();
      await world.settle();
      expect(hook.outcomes).toEqual([expect.objectContaining(CANCELLED)]);
      expect(await world.queue.kv.get("staged")).toBeUndefined();
      expect(await world.runtime.status("r")).toBeUndefined();
      expect(await world.queue.inspect.stats(STEPS)).toMatchObject({ dead: 0, scheduled: 0 });
      await world.stop();
    }
  });

  it("leaves the runner's own cancel its reason and effects", async () => {
    const { world, hook, door } = await openRunning(() => StepOutcome.cancel("my reason"));
    await world.runtime.cancel("r");
    door.open();
    await world.settle();
    expect(hook.outcomes).toMatchObject([{ status: "cancelled", reason: "my reason" }]);
    expect(await world.queue.kv.get("staged")).toEqual(bytes("1"));
    await world.stop();
  });

  it("holds after a crash: the step is not run again", async () => {
    const { world, hook } = await openRunning(() => StepOutcome.succeed(bytes("")));
    expect(await world.runtime.cancel("r")).toBe(true);
    let ran = false;
    const runner = async () => {
      ran = true;
      return StepOutcome.succeed(bytes(""));
    };
    await world.reopen({ hook, runner });
    expect(await world.runtime.status("r")).toMatchObject({ state: "cancelling" });
    await world.start();
    expect(hook.outcomes).toMatchObject([CANCELLED]);
    expect(ran).toBe(false);
    await world.stop();
  });

  it("of a run that had just ended does not reach the next run of its id", async () => {
    const runner = async () => StepOutcome.succeed(bytes(""));
    const hook = new RecordingHook();
    const world = await World.open({ runner, hook });
    // As a cancel leaves it that dies between its mark and finding the run gone.
    await world.queue.kv.put("workflow/cancels/r", bytes("left over"));
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(hook.outcomes).toMatchObject([{ status: "succeeded" }]);
    await world.stop();
  });

  it("is false for each of two at once where the run ended by itself before", async () => {
    const { world, hook, door } = await openRunning(() => StepOutcome.succeed(bytes("")));
    const { kv } = world.queue;
    const compareAndPut = kv.compareAndPut.bind(kv);
    let ended: Promise<void> | undefined;
    kv.compareAndPut = async (...args) => {
      door.open();
      ended ??= world.settle(); // the run has ended before there is a mark
      await ended;
      return compareAndPut(...args);
    };
    const cancels = [world.runtime.cancel("r"), world.runtime.cancel("r")];
    expect(await Promise.all(cancels)).toEqual([false, false]);
    expect(hook.outcomes).toMatchObject([{ status: "succeeded" }]);
    expect((await kv.scan("workflow/")).items).toEqual([]);
    await world.stop();
  });

  it("is false where the run ended by itself, whoever is submitted under its id meanwhile", async () => {
    const { world, hook, door } = await openRunning(() => StepOutcome.succeed(bytes("")));
    const { kv } = world.queue;
    const compareAndPut = kv.compareAndPut.bind(kv);
    kv.compareAndPut = async (...args) => {
      door.open();
      await world.settle(); // the run has ended before the mark is there
      return compareAndPut(...args);
    };
    const compareAndDelete = kv.compareAndDelete.bind(kv);
    kv.compareAndDelete = async (key, expected) => {
      await world.runtime.submit({ runId: "r", input: bytes("another") });
      return compareAndDelete(key, expected);
    };
    expect(await world.runtime.cancel("r")).toBe(false);
    await world.settle();
    expect(hook.outcomes).toMatchObject([{ status: "succeeded" }, { status: "succeeded" }]);
    await world.stop();
  });

  it("works from another runtime on the same queue", async () => {
    const { world, hook, door } = await openRunning(() => StepOutcome.succeed(bytes("")));
    expect(await world.build({}).cancel("r")).toBe(true);
    door.open();
    await world.settle();
    expect(hook.outcomes).toMatchObject([CANCELLED]);
    await world.stop();
  });

  it("catches a run that moves on all the time, and is never lost on the way", async () => {
    for (let delay = 0; delay < 40; delay++) {
      let steps = 0;
      const runner = async () => {
        steps++;
        return steps < 500 ? StepOutcome.continueNow(bytes("")) : StepOutcome.succeed(bytes(""));
      };
      const { world, hook } = await open({ runner });
      const started = world.start();
      for (let i = 0; i < delay; i++) await Promise.resolve();
      expect(await world.runtime.cancel("r")).toBe(true);
      await started;
      await world.settle();
      expect(hook.outcomes).toEqual([expect.objectContaining(CANCELLED)]);
      expect(steps).toBeLessThan(500);
      await world.stop();
    }
  });

  it("gives each race of cancel and step one end, the one it promised", async () => {
    const ends: [string, () => StepOutcome][] = [
      ["succeeded", () => StepOutcome.succeed(bytes(""))],
      [
        "failed",
        () => {
          throw StepError.permanent("no");
        },
      ],
    ];
    for (const [status, end] of ends) {
      const seen = new Set<string | undefined>();
      for (let lead = -20; lead < 20; lead++) {
        const { world, hook, door } = await openRunning(end);
        if (lead < 0) door.open();
        for (let i = lead; i < 0; i++) await null;
        const cancelling = world.runtime.cancel("r");
        for (let i = 0; i < lead; i++) await null;
        door.open();
        const cancelled = await cancelling;
        await world.settle();
        expect(hook.outcomes).toHaveLength(1);
        expect(hook.outcomes[0]?.status).toBe(cancelled ? "cancelled" : status);
        seen.add(hook.outcomes[0]?.status);
        expect((await world.queue.kv.scan("workflow/")).items).toEqual([]);
        await world.stop();
      }
      expect(seen).toEqual(new Set(["cancelled", status]));
    }
  });

  it("cleans up a run whose job was removed behind its back", async () => {
    const { world, hook } = await open();
    const { items } = await world.queue.inspect.listJobs(STEPS, "pending");
    await world.queue.cancel(items[0]?.id as string);
    expect(await world.runtime.status("r")).toMatchObject({ state: "pending", attempts: 0 });
    expect(await world.runtime.cancel("r")).toBe(true);
    await world.start();
    expect(hook.outcomes).toMatchObject([CANCELLED]);
    expect(await world.runtime.status("r")).toBeUndefined();
    await world.stop();
  });
});
