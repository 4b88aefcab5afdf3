import { describe, expect, it } from "vitest";
import { FreezingObjectStore } from "../../test/freezing-store.ts";
import {
  bytes,
  gate,
  RecordingHook,
  text,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

type Configure = NonNullable<WorldOptions["configure"]>;

const OUTPUTS = "workflow-memo/step-outputs/";
const replaying: Configure = (builder) => builder.stepOutputReplay(true);

/** Runs `step` in a process that dies once its output is kept and before that is committed. */
async function crashed(runStep: (step: Step) => Promise<StepOutcome>, options: WorldOptions = {}) {
  let ran = 0;
  const hook = new RecordingHook();
  const runner = async (step: Step) => {
    ran++;
    return await runStep(step);
  };
  const world = await World.open({ hook, runner, configure: replaying, ...options });
  const again = { hook, runner, configure: replaying, ...options };
  const dead = new FreezingObjectStore(world.store, { write: 1, applied: false });
  const memoStore = {
    ...bound(world),
    async put(...args: Parameters<typeof world.store.put>) {
      await world.store.put(...args);
      // From here on the process reaches nothing any more.
      if (args[0].startsWith(OUTPUTS)) await dead.put("dead", bytes(""));
    },
  };
  await world.reopen({ ...again, memoStore });
  await world.start();
  await world.runtime.submit({ runId: "r", input: bytes("input") });
  await world.settle();
  expect(ran).toBe(1);
  return { world, hook, again, runs: () => ran };
}

function bound({ store }: World) {
  return {
    get: store.get.bind(store),
    delete: store.delete.bind(store),
    list: store.list.bind(store),
  };
}

describe("Step-output replay", () => {
  it("commits what a step returned before a crash, with its effects, without running it again", async () => {
    const { world, hook, again, runs } = await crashed(async ({ effects }) => {
      effects.put("state", bytes("mine"));
      effects.delete("gone");
      return StepOutcome.succeed(bytes("once"));
    });
    await world.queue.kv.put("gone", bytes("x")).catch(() => {});
    await world.reopen(again);
    await world.start();
    expect(runs()).toBe(1);
    expect(hook.outcomes).toMatchObject([{ result: bytes("once"), finalStep: 0 }]);
    expect(await world.queue.kv.get("state")).toEqual(bytes("mine"));
    expect(await world.queue.kv.get("gone")).toBeUndefined();
    await world.stop();
  });

  it.each([
    ["failed", StepOutcome.fail("no")],
    ["cancelled", StepOutcome.cancel("mine")],
  ])("replays an outcome that %s", async (status, outcome) => {
    const { world, hook, again, runs } = await crashed(async () => outcome);
    await world.reopen(again);
    await world.start();
    expect(runs()).toBe(1);
    expect(hook.outcomes).toMatchObject([{ status }]);
    await world.stop();
  });

  it.each([
    ["1m", 60_000 - 40_000],
    ["30s", 0],
  ] as const)("shortens a delay of %s by the 40 s that have passed", async (delay, left) => {
    const { world, hook, again } = await crashed(async ({ stepNumber }) =>
      stepNumber === 0
        ? StepOutcome.continueAfter(bytes(""), delay)
        : StepOutcome.succeed(bytes("")),
    );
    await world.clock.advance("40s");
    await world.reopen(again);
    const dueAt = world.clock.now() + left;
    await world.start();
    await world.clock.advance("1h");
    expect(hook.outcomes).toMatchObject([{ terminatedAt: dueAt }]);
    await world.stop();
  });

  it("shortens the time limit of a wait likewise, and takes a signal that came meanwhile", async () => {
    const wait = async (step: Step) =>
      step.stepNumber === 0
        ? StepOutcome.continueOnSignal(bytes(""), "key", "1m")
        : StepOutcome.succeed(step.signal ?? bytes("timeout"));
    for (const signalled of [false, true]) {
      const { world, hook, again } = await crashed(wait);
      await world.clock.advance("40s");
      await world.reopen(again);
      if (signalled) await world.runtime.signal("key", bytes("signal"));
      await world.start();
      if (!signalled) {
        await world.clock.advance("19s");
        expect(hook.outcomes).toEqual([]);
      }
      await world.clock.advance("1s");
      expect(hook.outcomes).toMatchObject([{ result: bytes(signalled ? "signal" : "timeout") }]);
      await world.stop();
    }
  });

  it("uses up no signal for a step that had decided without one", async () => {
    const hook = new RecordingHook();
    let die = true;
    const runner = async (step: Step) =>
      step.stepNumber === 0
        ? StepOutcome.continueOnSignal(bytes(""), "key", "1m")
        : StepOutcome.succeed(step.signal ?? bytes("timeout"));
    const world = await World.open({ hook, runner, configure: replaying });
    const put = world.store.put.bind(world.store);
    world.store.put = async (key, ...rest) => {
      await put(key, ...rest);
      if (die && key.startsWith(`${OUTPUTS}r/1/`)) await new Promise(() => {});
    };
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("1m");
    expect(await world.runtime.signal("key", bytes("late"))).toBe("buffered");
    die = false;
    await world.reopen({ hook, runner, configure: replaying });
    await world.start();
    expect(hook.outcomes).toMatchObject([{ result: bytes("timeout") }]);
    expect(await world.runtime.clearSignal("key")).toBe(true);
    await world.stop();
  });

  it("is off by default, and costs nothing then", async () => {
    const runner = async () => StepOutcome.succeed(bytes(""));
    const world = await World.open({ runner });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(await world.keys(OUTPUTS)).toEqual([]);
    const configure: Configure = (b) => b.stepOutputReplay("yes" as never);
    expect(() => world.build({ configure })).toThrow(/give true or false/);
    await world.stop();
  });

  it("keeps nothing of a step that throws, or whose run was cancelled meanwhile", async () => {
    const door = gate();
    const runner = async ({ runId, attempts }: Step) => {
      if (runId === "throws" && attempts < 3) throw new Error("again");
      if (runId === "throws") return StepOutcome.fail("at last");
      await door.passed;
      return StepOutcome.succeed(bytes(""));
    };
    const world = await World.open({ runner, configure: replaying });
    await world.start();
    for (const runId of ["throws", "cancelled"]) {
      await world.runtime.submit({ runId, input: bytes("") });
    }
    await world.settle();
    expect(await world.keys(OUTPUTS)).toEqual([]);
    await world.runtime.cancel("cancelled");
    door.open();
    await world.clock.advance("1h");
    const runs = (await world.keys(OUTPUTS)).map((key) => key.split("/")[2]);
    expect(runs).toEqual(["throws"]);
    await world.stop();
  });

  it("runs the step again where the output is damaged, or of an earlier run of the id", async () => {
    for (const way of ["damaged", "earlier run"] as const) {
      const { world, hook, again, runs } = await crashed(async ({ runId }) =>
        StepOutcome.succeed(bytes(runId)),
      );
      if (way === "damaged") {
        const [key] = await world.keys(OUTPUTS);
        await world.store.put(key as string, bytes("wfso rubbish"));
      }
      await world.reopen({ ...again, configure: (b) => b });
      if (way === "earlier run") {
        await world.runtime.cancel("r");
        await world.runtime.submit({ runId: "r", input: bytes("input") });
        await world.queue.claim("workflow-steps", { max: 2 });
        await world.settle();
      }
      await world.reopen(again);
      await world.start();
      expect(runs()).toBe(2);
      expect(hook.outcomes.at(-1)).toMatchObject({ status: "succeeded" });
      await world.stop();
    }
  });

  it("is tried again where the output cannot be read for the moment", async () => {
    const { world, hook, again, runs } = await crashed(async () => StepOutcome.succeed(bytes("x")));
    const get = world.store.get.bind(world.store);
    let failures = 1;
    world.store.get = async (key, ...rest) => {
      if (key.startsWith(OUTPUTS) && failures-- > 0) throw new Error("down");
      return await get(key, ...rest);
    };
    await world.reopen(again);
    await world.start();
    await world.clock.advance("1m");
    expect(runs()).toBe(1);
    expect(hook.outcomes.map((o) => o.status === "succeeded" && text(o.result))).toEqual(["x"]);
    await world.stop();
  });

  it("goes with the memo of its run", async () => {
    const configure: Configure = (b) => b.stepOutputReplay(true).memoRetention("1d");
    const runner = async () => StepOutcome.succeed(bytes(""));
    const world = await World.open({ runner, configure });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(await world.keys(OUTPUTS)).toHaveLength(1);
    await world.clock.advance("3d");
    expect(await world.keys("workflow-memo/")).toEqual([]);
    await world.stop();
  });
});
