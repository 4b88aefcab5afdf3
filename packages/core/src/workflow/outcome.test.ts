import { describe, expect, it } from "vitest";
import {
  bytes,
  gate,
  RecordingHook,
  STEPS,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import type { RunOutcome } from "./run.ts";
import type { Step } from "./step.ts";
import { StepError } from "./step-error.ts";
import { StepOutcome } from "./step-outcome.ts";
import { noTerminalHook } from "./terminal-hook.ts";

const threeSteps = async ({ stepNumber }: Step) => {
  if (stepNumber === 0) return StepOutcome.continueNow(bytes(""));
  if (stepNumber === 1) return StepOutcome.continueAfter(bytes(""), "1h");
  return StepOutcome.succeed(bytes("done"));
};
const keeping: WorldOptions = {
  runner: threeSteps,
  hook: noTerminalHook,
  configure: (builder) => builder.outcomeRetention("1d"),
};

async function open(options: WorldOptions = {}) {
  const world = await World.open({ runner: threeSteps, hook: noTerminalHook, ...options });
  await world.start();
  return world;
}

/** Waits without holding up the test; what came of it, or the code of the error. */
function awaited(promise: Promise<RunOutcome>) {
  const seen: { outcome?: RunOutcome; code?: unknown } = {};
  promise.then(
    (outcome) => Object.assign(seen, { outcome }),
    (error) => Object.assign(seen, { code: error.code ?? error }),
  );
  return seen;
}

/** A runtime that has no short cut through the memory of the world's own. */
function inAnotherProcess(world: World, before: () => Promise<void> = async () => {}) {
  const { queue } = world;
  const { waitForCompletion, clock, inspect } = queue;
  const kv = Object.create(queue.kv);
  kv.get = async (key: string) => {
    await before();
    return await queue.kv.get(key);
  };
  const view = { waitForCompletion: waitForCompletion.bind(queue), clock, inspect, kv };
  world.queue = Object.assign(Object.create(queue), view);
  const runtime = world.build({});
  world.queue = queue;
  return runtime;
}

describe("WorkflowRuntime.outcome", () => {
  it("waits for the end of a run over all its steps, without kept outcomes too", async () => {
    const world = await open();
    await world.runtime.submit({ runId: "r", input: bytes(""), headers: { tenant: "acme" } });
    const seen = awaited(world.runtime.outcome("r"));
    const other = awaited(world.build({}).outcome("r"));
    await world.clock.advance(3_599_999);
    expect([seen, other]).toEqual([{}, {}]);
    await world.clock.advance(1);
    const outcome = {
      runId: "r",
      status: "succeeded",
      result: bytes("done"),
      headers: { tenant: "acme" },
      finalStep: 2,
      terminatedAt: world.clock.now(),
    };
    expect([seen, other]).toEqual([{ outcome }, { outcome }]);
    await world.stop();
  });

  it.each<[string, WorldOptions["runner"], Partial<RunOutcome>]>([
    ["fails", async () => StepOutcome.fail("no"), { status: "failed", error: "no" }],
    ["cancels itself", async () => StepOutcome.cancel("x"), { status: "cancelled", reason: "x" }],
    [
      "throws for good",
      async () => Promise.reject(StepError.permanent("bad")),
      { status: "failed", error: "bad" },
    ],
    [
      "uses up its attempts",
      async () => Promise.reject(new Error("flaky")),
      { status: "failed", error: "flaky" },
    ],
  ])("tells of a run that %s", async (_name, runner, expected) => {
    for (const options of [{}, keeping]) {
      const world = await open({ ...options, runner: runner ?? threeSteps });
      await world.runtime.submit({ runId: "r", input: bytes("") });
      const seen = awaited(world.runtime.outcome("r"));
      await world.clock.advance("1h");
      expect(seen.outcome).toMatchObject(expected);
      await world.stop();
    }
  });

  it("tells of a cancel from outside, of a sleeping and of a running run", async () => {
    const door = gate();
    const runner = async (step: Step) => {
      if (step.runId === "running") await door.passed;
      return await threeSteps(step);
    };
    const world = await open({ runner });
    const ids = ["sleeping", "running"];
    for (const runId of ids) await world.runtime.submit({ runId, input: bytes("") });
    const seen = ids.map((runId) => awaited(world.runtime.outcome(runId)));
    await world.settle();
    for (const runId of ids) expect(await world.runtime.cancel(runId)).toBe(true);
    await world.settle();
    expect(seen[1]).toEqual({});
    door.open();
    await world.settle();
    for (const one of seen) expect(one.outcome).toMatchObject({ status: "cancelled" });
    await world.stop();
  });

  it.each([
    ["told by a waiting process", {}],
    ["kept", keeping],
  ])("of a silent death is the right one, %s", async (_name, options) => {
    const world = await World.open({ ...options, hook: noTerminalHook });
    for (const runId of ["dies", "was-to-stop"]) {
      await world.runtime.submit({ runId, input: bytes(""), maxAttemptsPerStep: 1 });
    }
    await world.queue.claim(STEPS, { max: 2 });
    await world.runtime.cancel("was-to-stop");
    const seen = awaited(world.runtime.outcome("dies"));
    const other = awaited(world.runtime.outcome("was-to-stop"));
    await world.start();
    await world.clock.advance("30s");
    const failed = { status: "failed", error: "lease expired", terminatedAt: world.clock.now() };
    expect(seen.outcome).toMatchObject(failed);
    expect(other.outcome).toMatchObject({ status: "cancelled", reason: undefined });
    if (options !== keeping) return;
    await world.settle();
    expect(await world.runtime.outcome("dies")).toMatchObject(failed);
    expect(await world.runtime.outcome("was-to-stop")).toMatchObject({ status: "cancelled" });
  });

  it("says so when it is over in time, and the run goes on", async () => {
    const world = await open();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    const seen = awaited(world.runtime.outcome("r", { timeout: "1m" }));
    const aborted = new AbortController();
    const other = awaited(world.runtime.outcome("r", { signal: aborted.signal }));
    await world.clock.advance(59_999);
    expect(seen).toEqual({});
    await world.clock.advance(1);
    expect(seen).toEqual({ code: "WF_TIMED_OUT" });
    aborted.abort("enough");
    await world.settle();
    expect(other).toEqual({ code: "enough" });
    await expect(world.runtime.outcome("r", { timeout: 0 })).rejects.toMatchObject({
      code: "WF_TIMED_OUT",
      retry: "safe",
    });
    await expect(world.runtime.outcome("r", { signal: aborted.signal })).rejects.toBe("enough");
    expect(await world.runtime.status("r")).toMatchObject({ state: "waiting" });
    await world.stop();
  });

  it("refuses a run that never was, a bad id and bad options", async () => {
    const world = await open(keeping);
    for (const [call, code] of [
      [world.runtime.outcome("never"), "WF_RUN_NOT_FOUND"],
      [world.runtime.outcome("a b"), "WF_INVALID_RUN_ID"],
      [world.runtime.outcome("never", { timeout: -1 }), "WF_INVALID_DURATION"],
      [world.runtime.outcome("never", null as never), "WF_INVALID_ARGUMENT"],
      [world.runtime.outcome("never", { signal: {} as never }), "WF_INVALID_ARGUMENT"],
    ] as const) {
      await expect(call).rejects.toMatchObject({ code });
    }
    expect(() => world.build({ configure: (b) => b.outcomeRetention(0) })).toThrow(/at least 1 ms/);
    await world.stop();
  });

  it("does not hang on a run whose job was removed by other means", async () => {
    const world = await World.open();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    const seen = awaited(world.runtime.outcome("r"));
    const [job] = (await world.queue.inspect.listJobs(STEPS, "pending")).items;
    await world.queue.cancel(job?.id as string);
    await world.settle();
    expect(seen).toEqual({ code: "WF_JOB_NOT_FOUND" });
    await expect(world.runtime.outcome("r")).rejects.toMatchObject({ code: "WF_JOB_NOT_FOUND" });
  });

  it("is of the run that was waited for, also where the id is used again at once", async () => {
    const outcomes: RunOutcome[] = [];
    const hook = {
      onTermination: async (outcome: RunOutcome) => {
        outcomes.push(outcome);
        if (outcomes.length < 3) await world.runtime.submit({ runId: "r", input: bytes("") });
      },
    };
    let count = 0;
    const runner = async () => StepOutcome.succeed(bytes(`${count++}`));
    const world: World = await open({ hook, runner });
    await world.runtime.submit({ runId: "r", input: bytes("") });
    const seen = awaited(world.runtime.outcome("r"));
    await world.settle();
    expect(seen.outcome).toMatchObject({ result: bytes("0") });
    await world.stop();
  });

  it("is told after a restart to who waited for it in no process, where it was kept", async () => {
    const world = await open(keeping);
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("1h");
    await world.reopen(keeping);
    expect(await world.runtime.outcome("r")).toMatchObject({ result: bytes("done") });
    await world.reopen({ hook: new RecordingHook() });
    expect(await world.runtime.outcome("r")).toMatchObject({ result: bytes("done") });
  });

  it("is read from the notification under way where the end came by another process", async () => {
    const stuck = { onTermination: () => new Promise<void>(() => {}) };
    const world = await open({ hook: stuck });
    await world.runtime.submit({ runId: "r", input: bytes("") });
    const seen = awaited(inAnotherProcess(world).outcome("r"));
    await world.clock.advance("1h");
    expect(seen.outcome).toMatchObject({ result: bytes("done") });
  });
});

describe("WorkflowRuntime.outcome of another process", () => {
  it("says so where nothing is left that tells how the run ended", async () => {
    const world = await open();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    const seen = awaited(inAnotherProcess(world).outcome("r"));
    await world.clock.advance("1h");
    expect(seen).toEqual({ code: "WF_OUTCOME_NOT_KEPT" });
    await world.stop();
  });

  it("does not take a later run of the id for the one that it waited for", async () => {
    const world = await open();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    let late = gate();
    late.open();
    const seen = awaited(inAnotherProcess(world, () => late.passed).outcome("r"));
    await world.settle();
    late = gate();
    await world.clock.advance("1h");
    await world.runtime.submit({ runId: "r", input: bytes("") });
    late.open();
    await world.clock.advance("10m");
    expect(seen).toEqual({ code: "WF_OUTCOME_NOT_KEPT" });
    await world.stop();
  });
});
