import { describe, expect, it } from "vitest";
import {
  bytes,
  gate,
  RecordingHook,
  text,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepError } from "./step-error.ts";
import { StepOutcome } from "./step-outcome.ts";
import type { WorkflowRuntimeBuilder } from "./workflow-runtime-builder.ts";

const said = ({ signal }: Step) => (signal === undefined ? "timeout" : text(signal));

/** Step 0 waits a minute for `key`, step 1 succeeds with what came. */
const waiting =
  (key = "key") =>
  async (step: Step) =>
    step.stepNumber === 0
      ? StepOutcome.continueOnSignal(bytes(""), key, "1m")
      : StepOutcome.succeed(bytes(said(step)));

async function open(options: WorldOptions = {}) {
  const hook = new RecordingHook();
  const world = await World.open({ runner: waiting(), hook, ...options });
  await world.start();
  return { world, hook };
}

async function startRun(world: World, runId = "r") {
  await world.runtime.submit({ runId, input: bytes("") });
  await world.settle();
}

const results = ({ outcomes }: RecordingHook) =>
  outcomes.map((outcome) =>
    outcome.status === "succeeded" ? text(outcome.result) : outcome.status,
  );

const leftovers = async (world: World) =>
  (await world.queue.kv.scan("workflow/")).items.map(({ key }) => key);

describe("A signal", () => {
  it("wakes the run that waits for it, which holds no worker meanwhile", async () => {
    const { world, hook } = await open({ configure: (b) => b.maxConcurrentSteps(1) });
    await startRun(world);
    expect(await world.runtime.status("r")).toMatchObject({
      state: "waiting",
      waitingFor: "key",
      runAt: world.clock.now() + 60_000,
    });
    expect(await world.runtime.signal("key", bytes("yes"))).toBe("delivered");
    await world.settle();
    expect(results(hook)).toEqual(["yes"]);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });

  it("is taken at once by a run that comes to wait for it later", async () => {
    const { world, hook } = await open();
    expect(await world.runtime.signal("key", bytes("early"))).toBe("buffered");
    await startRun(world);
    expect(results(hook)).toEqual(["early"]);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });

  it("may be empty, which is not the same as none", async () => {
    const { world, hook } = await open();
    await startRun(world);
    await world.runtime.signal("key", bytes(""));
    await world.settle();
    await world.runtime.signal("key", bytes(""));
    await startRun(world);
    expect(results(hook)).toEqual(["", ""]);
    await world.stop();
  });

  it("that does not come lets the step run when the time is up, without one", async () => {
    const { world, hook } = await open();
    await startRun(world);
    await world.clock.advance(59_999);
    expect(hook.outcomes).toEqual([]);
    await world.clock.advance(1);
    expect(results(hook)).toEqual(["timeout"]);
    expect(await world.runtime.signal("key", bytes("late"))).toBe("buffered");
    await startRun(world);
    expect(results(hook)).toEqual(["timeout", "late"]);
    await world.stop();
  });

  it("is the same for every attempt of the step, whichever way it came", async () => {
    const seen: string[] = [];
    const runner = async (step: Step) => {
      if (step.stepNumber === 0) return await waiting()(step);
      seen.push(said(step));
      if (step.attempts < 3) throw new Error("again");
      return StepOutcome.succeed(bytes(""));
    };
    const { world } = await open({ runner });
    await startRun(world);
    await world.runtime.signal("key", bytes("woken"));
    await world.runtime.signal("key", bytes("buffered"));
    await world.clock.advance("10m");
    await startRun(world);
    await world.clock.advance("10m");
    expect(seen).toEqual([...Array(3).fill("woken"), ...Array(3).fill("buffered")]);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });

  it("is consumed one per wait, the oldest first, whoever sends them and however fast", async () => {
    const runner = async (step: Step) => {
      const so = step.stepNumber === 0 ? "" : `${text(step.payload)}${said(step)} `;
      return step.stepNumber < 5
        ? StepOutcome.continueOnSignal(bytes(so), "key", "1m")
        : StepOutcome.succeed(bytes(so));
    };
    const { world, hook } = await open({ runner });
    const names = ["a", "b", "c", "d", "e", "f"];
    const sent = await Promise.all(names.map((name) => world.runtime.signal("key", bytes(name))));
    expect(new Set(sent)).toEqual(new Set(["buffered"]));
    await startRun(world);
    expect(results(hook)).toEqual(["a b c d e "]);
    expect(await world.runtime.clearSignal("key")).toBe(true);
    expect(await world.runtime.clearSignal("key")).toBe(false);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });

  it("sent many times at once to a waiting run is delivered once, and the rest in order after", async () => {
    const { world, hook } = await open();
    await startRun(world);
    const sent = await Promise.all(
      Array.from({ length: 50 }, (_, i) => world.runtime.signal("key", bytes(`${i}`))),
    );
    expect(sent.filter((delivery) => delivery === "delivered")).toHaveLength(1);
    await world.settle();
    for (let i = 1; i < 50; i++) await startRun(world);
    expect(results(hook)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    await world.stop();
  });

  it("survives a crash in the buffer, and so does a wait", async () => {
    const { world, hook } = await open();
    await startRun(world);
    await world.runtime.signal("other", bytes("kept"));
    await world.reopen({ runner: waiting(), hook });
    expect(await world.runtime.signal("key", bytes("yes"))).toBe("delivered");
    await world.start();
    expect(results(hook)).toEqual(["yes"]);
    expect(await world.runtime.clearSignal("other")).toBe(true);
    await world.stop();
  });

  it("that finds the wait over at the last moment is not lost, but kept for the next wait", async () => {
    const { world, hook } = await open();
    await startRun(world);
    const { inspect } = world.queue;
    const getJob = inspect.getJob.bind(inspect);
    inspect.getJob = async (id) => {
      const job = await getJob(id);
      inspect.getJob = getJob;
      // As if its time were up between this look at it and the commit that follows.
      await world.queue.wake(id);
      return job;
    };
    expect(await world.runtime.signal("key", bytes("close"))).toBe("buffered");
    await world.settle();
    await startRun(world, "heir");
    expect(results(hook)).toEqual(["timeout", "close"]);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });

  it("goes to the right key, whatever the keys are", async () => {
    const keys = ["a", "a/0000000000000000", "workflow/", "\0", "ü".repeat(512)];
    const runner = async (step: Step) => await waiting(text(step.payload) || "")(step);
    const { world, hook } = await open({ runner });
    for (const [i, key] of keys.entries()) await world.runtime.signal(key, bytes(`${i}`));
    for (const key of keys) {
      await world.runtime.submit({ input: bytes(key) });
      await world.settle();
    }
    expect(results(hook)).toEqual(["0", "1", "2", "3", "4"]);
    await world.stop();
  });

  it("is refused when it is too large, its key is bad, or too many are buffered", async () => {
    const { world } = await open();
    const { runtime } = world;
    await expect(runtime.signal("key", new Uint8Array(262_145))).rejects.toMatchObject({
      code: "WF_KV_VALUE_TOO_LARGE",
    });
    for (const key of ["", "\ud800", "a".repeat(1_025), 7 as never]) {
      await expect(runtime.signal(key, bytes(""))).rejects.toMatchObject({
        code: "WF_INVALID_KEY",
      });
    }
    await expect(runtime.signal("key", "text" as never)).rejects.toMatchObject({
      code: "WF_INVALID_ARGUMENT",
    });
    expect(await leftovers(world)).toEqual([]);
    expect(await runtime.signal("key", new Uint8Array(262_144))).toBe("buffered");
    const sent = await Promise.allSettled(
      Array.from({ length: 1_001 }, () => runtime.signal("key", bytes("x"))),
    );
    expect(sent.filter(({ status }) => status === "fulfilled")).toHaveLength(999);
    expect(sent.at(-1)).toMatchObject({ reason: { code: "WF_SIGNAL_BUFFER_FULL", retry: "safe" } });
    await startRun(world);
    expect(await runtime.signal("key", bytes("x"))).toBe("buffered");
    expect(await runtime.clearSignal("key")).toBe(true);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });
});

describe("A second waiter on a live key", () => {
  it("fails its run with a clear error, and leaves the first one waiting", async () => {
    const { world, hook } = await open();
    await startRun(world, "first");
    await startRun(world, "second");
    expect(hook.outcomes).toMatchObject([
      { runId: "second", status: "failed", error: expect.stringMatching(/run first waits for/) },
    ]);
    await world.runtime.signal("key", bytes("yes"));
    await world.settle();
    expect(results(hook)).toEqual(["failed", "yes"]);
    await world.stop();
  });

  it("is none where the first was woken, has timed out, was cancelled or has died", async () => {
    const door = gate();
    const runner = async (step: Step) => {
      if (step.stepNumber === 1 && step.runId !== "heir") await door.passed;
      return await waiting()(step);
    };
    const ways: Record<string, (world: World) => Promise<unknown>> = {
      woken: (world) => world.runtime.signal("key", bytes("x")),
      "timed-out": (world) => world.clock.advance("1m"),
      cancelled: (world) => world.runtime.cancel("cancelled"),
    };
    for (const [runId, end] of Object.entries(ways)) {
      const { world, hook } = await open({ runner });
      await startRun(world, runId);
      await end(world);
      await world.settle();
      await startRun(world, "heir");
      expect(await world.runtime.status("heir"), runId).toMatchObject({ waitingFor: "key" });
      expect(await world.runtime.signal("key", bytes("mine"))).toBe("delivered");
      await world.settle();
      expect(results(hook), runId).toContain("mine");
    }
    door.open();
  });

  it("is none where the step died before it ran, and nothing is left of that", async () => {
    const { world, hook } = await open({ queue: { maxAttempts: 1 } });
    await startRun(world);
    await world.stop();
    await world.clock.advance("1m");
    const [claim] = await world.queue.claim("workflow-steps");
    expect(claim?.job.attempts).toBe(1);
    await world.settle();
    await world.reopen({ runner: waiting(), hook, queue: { maxAttempts: 1 } });
    await world.start();
    expect(results(hook)).toEqual(["failed"]);
    expect(await leftovers(world)).toEqual([]);
    await startRun(world, "heir");
    await world.runtime.signal("key", bytes("mine"));
    await world.settle();
    expect(results(hook)).toEqual(["failed", "mine"]);
    await world.stop();
  });
});

describe("A wait", () => {
  it("stages effects like any other outcome, and ends by a cancel", async () => {
    const runner = async (step: Step) => {
      step.effects.put("state", bytes("waiting"));
      return await waiting()(step);
    };
    const { world, hook } = await open({ runner });
    await startRun(world);
    expect(await world.queue.kv.get("state")).toEqual(bytes("waiting"));
    expect(await world.runtime.cancel("r")).toBe(true);
    await world.settle();
    expect(await leftovers(world)).toEqual([]);
    expect(hook.outcomes).toMatchObject([{ status: "cancelled", finalStep: 1 }]);
    expect(await world.runtime.signal("key", bytes("late"))).toBe("buffered");
    expect(await leftovers(world)).toHaveLength(2);
    await world.stop();
  });

  it("with a time limit of nothing takes what is there and does not wait", async () => {
    const runner = async (step: Step) =>
      step.stepNumber === 0
        ? StepOutcome.continueOnSignal(bytes(""), "key", 0)
        : StepOutcome.succeed(bytes(said(step)));
    const { world, hook } = await open({ runner });
    await startRun(world);
    await world.runtime.signal("key", bytes("x"));
    await startRun(world);
    expect(results(hook)).toEqual(["timeout", "x"]);
    await world.stop();
  });

  it("that timed out finds a late signal at a further attempt, and does not lose it", async () => {
    const seen: string[] = [];
    const runner = async (step: Step) => {
      if (step.stepNumber === 0) return await waiting()(step);
      seen.push(said(step));
      if (step.attempts === 1) throw StepError.transient("again", { retryAfter: "1h" });
      return StepOutcome.succeed(bytes(said(step)));
    };
    const { world, hook } = await open({ runner });
    await startRun(world);
    await world.clock.advance("1m");
    expect(await world.runtime.status("r")).toMatchObject({
      state: "waiting",
      waitingFor: undefined,
    });
    expect(await world.runtime.signal("key", bytes("late"))).toBe("buffered");
    await world.clock.advance("1h");
    expect(seen).toEqual(["timeout", "late"]);
    expect(results(hook)).toEqual(["late"]);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });

  it("that was taken for dead takes no signal that is meant for a later wait", async () => {
    const hook = new RecordingHook();
    const options = {
      runner: waiting(),
      hook,
      configure: (builder: WorkflowRuntimeBuilder) => builder.maxStepTime("10s"),
    };
    const world = await World.open(options);
    const stalled = gate();
    const { kv } = world.queue;
    const get = kv.get.bind(kv);
    let stall = true;
    kv.get = async (key) => {
      if (stall && key.startsWith("workflow/signal-delivered/")) {
        stall = false;
        await stalled.passed;
      }
      return await get(key);
    };
    await world.start();
    await startRun(world);
    await world.clock.advance("5m");
    expect(results(hook)).toEqual(["timeout"]);
    await world.runtime.signal("key", bytes("for the next"));
    stalled.open();
    await world.settle();
    await startRun(world, "next");
    expect(results(hook)).toEqual(["timeout", "for the next"]);
    expect(await leftovers(world)).toEqual([]);
    await world.stop();
  });
});
