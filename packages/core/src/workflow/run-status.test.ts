import { describe, expect, it } from "vitest";
import { bytes, gate, STEPS, World } from "../../test/workflow-world.ts";
import type { RunStatus } from "./run.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

describe("WorkflowRuntime.status", () => {
  it("tells every state of a run, and nothing of one that has ended or never was", async () => {
    const door = gate();
    const runner = async ({ stepNumber, attempts }: Step) => {
      if (stepNumber === 1 && attempts === 1) throw new Error("again");
      if (stepNumber === 1) await door.passed;
      return stepNumber === 0
        ? StepOutcome.continueAfter(bytes(""), "1h")
        : StepOutcome.succeed(bytes(""));
    };
    const world = await World.open({ runner, queue: { backoff: { base: "1m", jitter: "none" } } });
    const submittedAt = world.clock.now();
    const status = () => world.runtime.status("r");
    expect(await status()).toBeUndefined();

    await world.runtime.submit({ runId: "r", input: bytes("") });
    const first = { runId: "r", currentStep: 0, attempts: 0, submittedAt, runAt: undefined };
    expect(await status()).toEqual({ ...first, state: "pending" });

    await world.start();
    const dueAt = submittedAt + 3_600_000;
    const second = { ...first, currentStep: 1, runAt: dueAt };
    expect(await status()).toEqual({ ...second, state: "waiting" });

    await world.clock.advance("1h");
    expect(await status()).toEqual({
      ...second,
      state: "waiting",
      attempts: 1,
      runAt: dueAt + 60_000,
    });

    await world.clock.advance("1m");
    const running = { ...second, attempts: 2, runAt: undefined };
    expect(await status()).toEqual({ ...running, state: "running" });

    await world.runtime.cancel("r");
    expect(await status()).toEqual({ ...running, state: "cancelling" });

    door.open();
    await world.settle();
    expect(await status()).toBeUndefined();
    await world.stop();
  });

  it("is the same after a restart", async () => {
    const world = await World.open({
      runner: async () => StepOutcome.continueAfter(bytes(""), "7d"),
    });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    const before = await world.runtime.status("r");
    await world.reopen();
    expect(before).toMatchObject({ state: "waiting", currentStep: 1 });
    expect(await world.runtime.status("r")).toEqual(before);
  });

  it("refuses what is no run id, and a record that it cannot read", async () => {
    const { runtime, queue } = await World.open();
    await expect(runtime.status("")).rejects.toMatchObject({ code: "WF_INVALID_RUN_ID" });
    const unreadable: [string, string][] = [
      ["no json", "WF_DATA_CORRUPT"],
      ["{}", "WF_DATA_CORRUPT"],
      ['{"v":1,"step":0}', "WF_DATA_CORRUPT"],
      ['{"v":2}', "WF_LAYOUT_UNSUPPORTED"],
    ];
    for (const [record, code] of unreadable) {
      await queue.kv.put("workflow/runs/r", bytes(record));
      await expect(runtime.status("r")).rejects.toMatchObject({ code, key: "workflow/runs/r" });
      await expect(runtime.submit({ runId: "r", input: bytes("") })).rejects.toMatchObject({
        code,
      });
    }
  });

  it("does not take a record of a newer version for the fault of its run", async () => {
    const world = await World.open({ runner: async () => expect.unreachable() });
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.queue.kv.put("workflow/runs/r", bytes('{"v":2}'));
    await world.start();
    const { items } = await world.queue.inspect.listJobs(STEPS, "scheduled");
    expect(items).toMatchObject([{ lastError: expect.stringMatching(/upgrade wf/) }]);
    await world.stop();
  });
});

describe("WorkflowRuntime.runs", () => {
  it("lists active runs in the order of their ids, page by page", async () => {
    const world = await World.open();
    for (let i = 24; i >= 0; i--) {
      await world.runtime.submit({ runId: `run-${String(i).padStart(2, "0")}`, input: bytes("") });
    }
    await world.runtime.cancel("run-03");
    await world.reopen();
    const found: RunStatus[] = [];
    let pages = 0;
    for (let after: string | undefined; ; pages++) {
      const page = await world.runtime.runs({ after, limit: 10 });
      found.push(...page.items);
      after = page.next;
      if (after === undefined) break;
    }
    expect(pages).toBe(2);
    expect(found).toHaveLength(24);
    const ids = found.map((run) => run.runId);
    expect(ids).toEqual([...ids].sort());
    expect(ids).not.toContain("run-03");
    expect(found[0]).toEqual(await world.runtime.status("run-00"));
  });

  it("is empty without runs and refuses a bad page", async () => {
    const { runtime } = await World.open();
    expect(await runtime.runs()).toEqual({ items: [], next: undefined });
    await expect(runtime.runs({ limit: 0 })).rejects.toMatchObject({ code: "WF_INVALID_ARGUMENT" });
  });
});
