import { describe, expect, it } from "vitest";
import {
  bytes,
  RecordingHook,
  STEPS,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import { WfError } from "../errors.ts";
import type { Step } from "./step.ts";
import { StepError } from "./step-error.ts";
import { StepOutcome } from "./step-outcome.ts";

async function runOnce(runner: (step: Step) => Promise<StepOutcome>, options: WorldOptions = {}) {
  const hook = new RecordingHook();
  const world = await World.open({ runner, hook, ...options });
  await world.queue.kv.put("old", bytes("1"));
  await world.start();
  await world.runtime.submit({ runId: "r", input: bytes("") });
  await world.settle();
  const end = () => hook.outcomes;
  const stats = () => world.queue.inspect.stats(STEPS);
  return { world, hook, end, stats };
}

describe("A step that ends its run", () => {
  it("succeeds, fails or cancels it with its own words and no dead letter", async () => {
    const cases = [
      [StepOutcome.succeed(bytes("ok")), { status: "succeeded", result: bytes("ok") }],
      [StepOutcome.fail("bad luck"), { status: "failed", error: "bad luck" }],
      [StepOutcome.cancel("not needed"), { status: "cancelled", reason: "not needed" }],
    ] as const;
    for (const [outcome, ended] of cases) {
      const { world, end, stats } = await runOnce(async () => outcome);
      expect(end()).toEqual([expect.objectContaining({ runId: "r", finalStep: 0, ...ended })]);
      expect(await stats()).toMatchObject({ dead: 0, pending: 0, scheduled: 0, claimed: 0 });
      await world.stop();
    }
  });
});

describe("A step that throws", () => {
  it("is tried again after its backoff, until its attempts are used up; then the run fails once", async () => {
    const attempts: number[] = [];
    const { world, end, stats } = await runOnce(async (step) => {
      attempts.push(step.attempts);
      throw new Error(`down ${step.attempts}`);
    });
    expect(attempts).toEqual([1]);
    expect(await world.runtime.status("r")).toMatchObject({ state: "waiting", attempts: 1 });
    await world.clock.advance("1h");
    expect(attempts).toEqual([1, 2, 3]);
    expect(end()).toMatchObject([{ status: "failed", error: "down 3", finalStep: 0 }]);
    expect(await stats()).toMatchObject({ dead: 1, pending: 0, scheduled: 0 });
    expect(await world.runtime.status("r")).toBeUndefined();
    await world.stop();
  });

  it("is tried again after the delay that it asks for", async () => {
    const { world, end } = await runOnce(async (step) => {
      if (step.attempts > 1) return StepOutcome.succeed(bytes(""));
      throw StepError.transient("rate limited", { retryAfter: "2h" });
    });
    await world.clock.advance(2 * 3_600_000 - 1);
    expect(end()).toEqual([]);
    await world.clock.advance(1);
    expect(end()).toMatchObject([{ status: "succeeded" }]);
    await world.stop();
  });

  it("fails its run at once with a permanent error", async () => {
    const failures = [
      StepError.permanent("no such customer"),
      new WfError("WF_INVALID_ARGUMENT", "no such customer"),
    ];
    for (const failure of failures) {
      const { world, end, stats } = await runOnce(async () => {
        throw failure;
      });
      expect(end()).toMatchObject([{ status: "failed", error: "no such customer" }]);
      expect((await stats()).dead).toBe(1);
      await world.stop();
    }
  });

  it("is settled at once when it throws synchronously, or what is no error", async () => {
    const thrown: [unknown, string][] = [
      ["oops", "a value that is no Error was thrown: oops"],
      [undefined, "a value that is no Error was thrown: undefined"],
      [null, "a value that is no Error was thrown: null"],
      [Object.create(null), "a value that is no Error was thrown: an object without a text"],
      [new Error("outer", { cause: new Error("inner") }), "outer (cause: inner)"],
    ];
    for (const [value, error] of thrown) {
      const { world, end } = await runOnce(
        () => {
          throw value;
        },
        { queue: { maxAttempts: 1 } },
      );
      expect(end()).toMatchObject([{ status: "failed", error }]);
      await world.stop();
    }
  });

  it("has its error stored in bounded length", async () => {
    const { world, end } = await runOnce(async () => {
      throw StepError.permanent("x".repeat(1_000_000));
    });
    const { error } = end()[0] as unknown as { error: string };
    expect(error.length).toBeLessThan(8_192);
    expect(error).toMatch(/^x+… \(1000000 characters in all\)$/);
    await world.stop();
  });
});

describe("A step whose outcome cannot be committed", () => {
  it("fails its run when it returns no outcome, naming what it returned", async () => {
    const returned: [unknown, RegExp][] = [
      [undefined, /returned undefined/],
      ["done", /returned "done"/],
      [{ done: true }, /an object with the keys \["done"\]/],
      [{ kind: "succeed", result: "text" }, /keys \["kind","result"\]/],
      [{ kind: "continue", payload: bytes(""), delayMs: Number.NaN }, /keys/],
      [{ kind: "fail" }, /keys \["kind"\]/],
    ];
    for (const [value, message] of returned) {
      const { world, end } = await runOnce(async () => value as StepOutcome);
      expect(end()).toMatchObject([{ status: "failed", error: expect.stringMatching(message) }]);
      await world.stop();
    }
  });

  it("fails its run when the queue refuses it, instead of trying for ever", async () => {
    const huge = new Uint8Array(64 * 1_048_576 + 1);
    const { world, end } = await runOnce(async () => StepOutcome.continueNow(huge));
    expect(end()).toMatchObject([{ status: "failed", error: expect.stringMatching(/payload/) }]);
    await world.stop();
  });

  it("refuses bad values where they are made", () => {
    expect(() => StepOutcome.continueAfter(bytes(""), -1)).toThrowError(/delay of the next step/);
    expect(() => StepOutcome.continueNow("text" as never)).toThrowError(/payload of the next step/);
    expect(() => StepOutcome.succeed({} as never)).toThrowError(/result is object/);
    expect(() => StepError.transient("x", { retryAfter: "soon" as never })).toThrowError(
      /retryAfter is "soon"/,
    );
  });
});

describe("Step.effects", () => {
  it("are committed with every outcome that the runner returns", async () => {
    const outcomes = [
      StepOutcome.continueAfter(bytes(""), "1h"),
      StepOutcome.succeed(bytes("")),
      StepOutcome.fail("no"),
      StepOutcome.cancel("no"),
    ];
    for (const outcome of outcomes) {
      const { world } = await runOnce(async ({ effects, stepNumber }) => {
        if (stepNumber > 0) return StepOutcome.succeed(bytes(""));
        effects.put("new", bytes("1"));
        effects.put("new", bytes("2"));
        effects.delete("old");
        return outcome;
      });
      expect(await world.queue.kv.get("new")).toEqual(bytes("2"));
      expect(await world.queue.kv.get("old")).toBeUndefined();
      await world.stop();
    }
  });

  it("are dropped when the runner throws", async () => {
    for (const failure of [new Error("again"), StepError.permanent("never")]) {
      const { world } = await runOnce(async ({ effects }) => {
        effects.put("new", bytes("1"));
        throw failure;
      });
      expect(await world.queue.kv.get("new")).toBeUndefined();
      await world.stop();
    }
  });

  it("are sealed once the runner has returned", async () => {
    const steps: Step[] = [];
    const { world } = await runOnce(async (step) => {
      steps.push(step);
      if (step.attempts === 1) step.effects.put("a", bytes("1"));
      return StepOutcome.succeed(bytes(""));
    });
    await world.runtime.submit({ input: bytes("") });
    await world.settle();
    for (const { effects } of steps) {
      expect(() => effects.put("b", bytes("1"))).toThrowError(
        expect.objectContaining({ code: "WF_EFFECTS_SEALED" }),
      );
      expect(() => effects.delete("b")).toThrowError(/await everything first/);
    }
    await world.stop();
  });
});
