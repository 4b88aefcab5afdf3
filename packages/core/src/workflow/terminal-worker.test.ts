import { describe, expect, it } from "vitest";
import { bytes, RecordingHook, STEPS, World } from "../../test/workflow-world.ts";
import type { RunOutcome } from "./run.ts";
import { StepError } from "./step-error.ts";
import { StepOutcome } from "./step-outcome.ts";
import type { TerminalEffects } from "./terminal-effects.ts";
import { noTerminalHook, type TerminalHook } from "./terminal-hook.ts";

const succeed = async () => StepOutcome.succeed(bytes("result"));

/** One run that succeeds, with a hook that does `onTermination`. */
async function ended(onTermination: TerminalHook["onTermination"], maxAttemptsPerStep = 3) {
  const world = await World.open({ runner: succeed, hook: { onTermination } });
  await world.start();
  await world.runtime.submit({ runId: "r", input: bytes(""), maxAttemptsPerStep });
  await world.settle();
  return world;
}

describe("The terminal hook", () => {
  it("sees only what is committed", async () => {
    const seen: unknown[] = [];
    const onTermination = async () => {
      seen.push(await world.runtime.status("r"));
    };
    const world = await World.open({ runner: succeed, hook: { onTermination } });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(seen).toEqual([undefined]);
    await world.stop();
  });

  it("runs again after a crash in its middle, with the same outcome", async () => {
    const outcomes: RunOutcome[] = [];
    const world = await ended(async (outcome) => {
      outcomes.push(outcome);
      await new Promise(() => {});
    });
    const hook = new RecordingHook();
    await world.clock.advance("1m");
    await world.reopen({ runner: succeed, hook });
    await world.start();
    expect(outcomes).toHaveLength(1);
    expect(hook.outcomes).toEqual(outcomes);
    await world.stop();
  });

  it("is tried again after a transient error and given up after a permanent one", async () => {
    let calls = 0;
    const flaky = await ended(async () => {
      calls++;
      if (calls < 3) throw new Error("receiver down");
    });
    await flaky.clock.advance("1h");
    expect(calls).toBe(3);
    expect(await flaky.queue.inspect.stats(STEPS)).toMatchObject({ dead: 0, scheduled: 0 });
    await flaky.stop();

    const hopeless = await ended(async () => {
      throw StepError.permanent("receiver gone");
    });
    const { items } = await hopeless.queue.inspect.listJobs(STEPS, "dead");
    expect(items).toMatchObject([{ lastError: "receiver gone", attempts: 1 }]);
    await hopeless.stop();
  });

  it("has its effects committed with the end of its job, and only then", async () => {
    let calls = 0;
    let late: TerminalEffects | undefined;
    const world = await ended(async (outcome, effects) => {
      effects.put(`call-${++calls}`, bytes(outcome.runId));
      effects.enqueue({ queue: "mail", payload: bytes("hello") });
      late = effects;
      if (calls === 1) throw new Error("again");
    });
    await world.clock.advance("1h");
    expect(await world.queue.kv.get("call-1")).toBeUndefined();
    expect(await world.queue.kv.get("call-2")).toEqual(bytes("r"));
    expect((await world.queue.inspect.stats("mail")).pending).toBe(1);
    for (const stage of [
      () => late?.put("x", bytes("")),
      () => late?.enqueue({ queue: "mail", payload: bytes("") }),
    ]) {
      expect(stage).toThrowError(expect.objectContaining({ code: "WF_EFFECTS_SEALED" }));
    }
    await world.stop();
  });

  it("inherits priority and attempts from the step", async () => {
    const jobs: unknown[] = [];
    const world = await World.open({
      runner: succeed,
      hook: {
        async onTermination() {
          const { items } = await world.queue.inspect.listJobs(STEPS, "claimed");
          jobs.push(...items);
        },
      },
    });
    await world.start();
    const headers = { tenant: "acme" };
    await world.runtime.submit({
      runId: "r",
      input: bytes(""),
      headers,
      priority: 3,
      maxAttemptsPerStep: 8,
    });
    await world.settle();
    expect(jobs).toMatchObject([
      {
        priority: 3,
        maxAttempts: 8,
        headers: { tenant: "acme", "workflow.run_id": "r", "workflow.terminal": "1" },
      },
    ]);
    await world.stop();
  });

  it("is not asked for what it does not observe, and no job is made", async () => {
    const hook = Object.assign(new RecordingHook(), {
      observes: (outcome: RunOutcome) => outcome.status === "failed",
    });
    const world = await World.open({
      hook,
      runner: async ({ runId }) => (runId === "bad" ? StepOutcome.fail("no") : succeed()),
    });
    await world.start();
    await world.runtime.submit({ runId: "good", input: bytes("") });
    await world.settle();
    expect((await world.queue.inspect.stats(STEPS)).done).toBe(1);
    await world.runtime.submit({ runId: "bad", input: bytes("") });
    await world.settle();
    expect((await world.queue.inspect.stats(STEPS)).done).toBe(3);
    expect(hook.outcomes).toMatchObject([{ runId: "bad" }]);
    await world.stop();
  });

  it("counts as observing when its observes fails", async () => {
    const hook = Object.assign(new RecordingHook(), {
      observes: (): boolean => {
        throw new Error("bug");
      },
    });
    const world = await World.open({ hook, runner: succeed });
    await world.start();
    await world.runtime.submit({ input: bytes("") });
    await world.settle();
    expect(hook.outcomes).toHaveLength(1);
    expect(world.logged[0]).toMatch(/observes failed.*bug/s);
    await world.stop();
  });

  it("may be none at all", async () => {
    const world = await World.open({ hook: noTerminalHook, runner: succeed });
    await world.start();
    await world.runtime.submit({ input: bytes("") });
    await world.settle();
    expect((await world.queue.inspect.stats(STEPS)).done).toBe(1);
    await world.stop();
  });

  it("is not run for a damaged notification, or one of a newer version", async () => {
    const hook = new RecordingHook();
    const world = await World.open({ hook });
    const headers = { "workflow.run_id": "r", "workflow.terminal": "1" };
    const { encode } = await import("cborg");
    const ending = { status: "failed", error: "x" };
    const note = { v: 1, kind: "ended", ending, step: 0, at: 0 };
    const damaged = [
      bytes("no cbor"),
      new Uint8Array(),
      encode({ ...note, v: 2 }),
      encode({ ...note, kind: "other" }),
      encode({ ...note, at: "now" }),
      encode({ ...note, ending: { status: "succeeded", result: "text" } }),
      encode({ ...note, ending: null }),
    ];
    for (const payload of damaged) await world.queue.enqueue(STEPS, payload, { headers });
    await world.queue.enqueue(STEPS, encode(note), { headers: { "workflow.terminal": "1" } });
    await world.start();
    expect(hook.outcomes).toEqual([]);
    const { items } = await world.queue.inspect.listJobs(STEPS, "dead");
    expect(items).toHaveLength(damaged.length + 1);
    expect(items[2]?.lastError).toMatch(/version 2 .* upgrade wf/);
    await world.stop();
  });
});
