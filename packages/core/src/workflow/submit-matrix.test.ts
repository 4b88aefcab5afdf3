import { describe, expect, it } from "vitest";
import { bytes, gate, RecordingHook, text, World } from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

/** How run `r` gets where a submission finds it. */
const STATES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  "never seen": async () => {},
  pending: async (world) => {
    await submit(world, "hang");
  },
  running: async (world) => {
    await submit(world, "hang");
    await world.start();
  },
  "waiting for its time": async (world) => {
    await submit(world, "sleep");
    await world.start();
  },
  "waiting for a signal": async (world) => {
    await submit(world, "wait");
    await world.start();
  },
  cancelling: async (world) => {
    await submit(world, "hang");
    await world.start();
    expect(await world.runtime.cancel("r")).toBe(true);
  },
  finished: async (world) => {
    await submit(world, "end");
    await world.start();
  },
};
const INPUTS: Readonly<Record<string, string>> = {
  pending: "hang",
  running: "hang",
  "waiting for its time": "sleep",
  "waiting for a signal": "wait",
  cancelling: "hang",
};
const IS_ACTIVE = new Set(Object.keys(INPUTS));

async function submit(world: World, input: string) {
  const kv = { submitted: bytes(input) };
  const submission = await world.runtime.submit({ runId: "r", input: bytes(input), kv });
  await world.settle();
  return submission;
}

function runnerUntil(door: Promise<void>) {
  return async ({ payload, stepNumber }: Step): Promise<StepOutcome> => {
    const what = text(payload);
    if (what === "hang") await door;
    if (what === "sleep" && stepNumber === 0) return StepOutcome.continueAfter(bytes("end"), "1h");
    if (what === "wait" && stepNumber === 0) {
      return StepOutcome.continueOnSignal(bytes("end"), "key", "1h");
    }
    return StepOutcome.succeed(payload);
  };
}

const ROWS = Object.keys(STATES).flatMap((state) =>
  ["the same", "another"].flatMap((input) =>
    ["the same process", "after a restart"].map((place) => [state, input, place] as const),
  ),
);

describe("Submitting a run", () => {
  it.each(ROWS)("that is %s, with %s input, in %s", async (state, which, place) => {
    const door = gate();
    const hook = new RecordingHook();
    const options = { runner: runnerUntil(door.passed), hook };
    const world = await World.open(options);
    await STATES[state]?.(world);
    if (place === "after a restart") await world.reopen(options);
    const told = hook.outcomes.length;
    const before = await world.queue.kv.get("submitted");
    const input = which === "the same" ? (INPUTS[state] ?? "end") : "another";

    const submitted = submit(world, input);
    if (!IS_ACTIVE.has(state)) {
      expect(await submitted).toEqual({ runId: "r", newlySubmitted: true });
    } else if (which === "the same") {
      expect(await submitted).toEqual({ runId: "r", newlySubmitted: false });
      expect(await world.queue.kv.get("submitted")).toEqual(before);
    } else {
      await expect(submitted).rejects.toMatchObject({ code: "WF_INPUT_MISMATCH", retry: "never" });
      expect(await world.queue.kv.get("submitted")).toEqual(before);
    }

    // Whatever the answer was, there is one run, and it ends once.
    door.open();
    if (place === "after a restart" || world.running === undefined) await world.start();
    await world.clock.advance("2h");
    expect(hook.outcomes).toHaveLength(told + 1);
    expect(hook.outcomes.at(-1)?.status).toBe(state === "cancelling" ? "cancelled" : "succeeded");
    expect(await world.runtime.status("r")).toBeUndefined();
    await world.stop();
  });

  it("many times at once, from several runtimes, starts one run", async () => {
    const hook = new RecordingHook();
    const options = { runner: runnerUntil(Promise.resolve()), hook };
    const world = await World.open(options);
    const other = world.build(options);
    const inputs = ["sleep", "sleep", "another"];
    const calls = Array.from({ length: 30 }, (_, i) =>
      (i % 2 ? world.runtime : other).submit({ runId: "r", input: bytes(inputs[i % 3] ?? "") }),
    );
    const settled = await Promise.allSettled(calls);
    const fresh = settled.filter((one) => one.status === "fulfilled" && one.value.newlySubmitted);
    expect(fresh).toHaveLength(1);
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(10);
    await world.start();
    await world.clock.advance("2h");
    expect(hook.outcomes).toHaveLength(1);
    await world.stop();
  });
});

describe("A run whose worker dies for good", () => {
  it.each([1, 2, 3])(
    "at attempt %i ends as failed, is told of once, and frees its id",
    async (attempts) => {
      const hook = new RecordingHook();
      const hanging = { runner: () => new Promise<never>(() => {}), hook };
      const world = await World.open(hanging);
      await world.runtime.submit({ runId: "r", input: bytes(""), maxAttemptsPerStep: attempts });
      for (let i = 0; i < attempts; i++) {
        await world.start();
        await world.reopen(hanging);
      }
      await world.start();
      expect(hook.outcomes).toMatchObject([{ runId: "r", status: "failed", finalStep: 0 }]);
      await world.reopen({ runner: async () => StepOutcome.succeed(bytes("")), hook });
      await world.runtime.submit({ runId: "r", input: bytes("again") });
      await world.start();
      expect(hook.outcomes.map(({ status }) => status)).toEqual(["failed", "succeeded"]);
      await world.stop();
    },
  );
});
