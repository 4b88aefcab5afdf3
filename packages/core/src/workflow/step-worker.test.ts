import { describe, expect, it } from "vitest";
import { bytes, gate, RecordingHook, STEPS, text, World } from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

describe("A run", () => {
  it("passes payloads from step to step to its result", async () => {
    const seen: [number, string, number][] = [];
    const hook = new RecordingHook();
    const world = await World.open({
      hook,
      runner: async ({ stepNumber, payload, attempts }) => {
        seen.push([stepNumber, text(payload), attempts]);
        const next = bytes(`${text(payload)}${stepNumber}`);
        return stepNumber < 3 ? StepOutcome.continueNow(next) : StepOutcome.succeed(next);
      },
    });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("x"), headers: { tenant: "acme" } });
    await world.settle();
    expect(seen).toEqual([
      [0, "x", 1],
      [1, "x0", 1],
      [2, "x01", 1],
      [3, "x012", 1],
    ]);
    expect(hook.outcomes).toEqual([
      {
        runId: "r",
        status: "succeeded",
        result: bytes("x0123"),
        headers: { tenant: "acme" },
        finalStep: 3,
        terminatedAt: world.clock.now(),
      },
    ]);
    expect(await world.runtime.status("r")).toBeUndefined();
    expect((await world.queue.kv.scan("")).items).toEqual([]);
    await world.stop();
  });

  it("hides reserved headers and hands its own, priority and attempts on to every step", async () => {
    const jobs: unknown[] = [];
    const steps: Step["headers"][] = [];
    const world = await World.open({
      runner: async (step) => {
        const job = await world.queue.inspect.getJob(step.jobId);
        jobs.push([job?.priority, job?.maxAttempts]);
        steps.push(step.headers);
        return step.stepNumber < 2
          ? StepOutcome.continueNow(bytes(""))
          : StepOutcome.succeed(bytes(""));
      },
    });
    await world.start();
    const headers = { tenant: "acme", ["__proto__"]: "x" };
    await world.runtime.submit({ input: bytes(""), headers, priority: 7, maxAttemptsPerStep: 9 });
    await world.settle();
    expect(jobs).toEqual([
      [7, 9],
      [7, 9],
      [7, 9],
    ]);
    expect(steps).toEqual([headers, headers, headers]);
    await world.stop();
  });

  it("sleeps seven days with no process up, and runs on time", async () => {
    const hook = new RecordingHook();
    const runner = async ({ stepNumber }: Step) =>
      stepNumber === 0
        ? StepOutcome.continueAfter(bytes("later"), "7d")
        : StepOutcome.succeed(bytes("done"));
    const world = await World.open({ runner, hook });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    const dueAt = world.clock.now() + 7 * 86_400_000;
    await world.settle();
    expect(await world.runtime.status("r")).toMatchObject({ state: "waiting", runAt: dueAt });
    await world.stop();
    await world.clock.advance("6d");
    await world.reopen({ runner, hook });
    await world.start();
    await world.clock.advance(86_400_000 - 1);
    expect(hook.outcomes).toEqual([]);
    await world.clock.advance(1);
    expect(hook.outcomes).toMatchObject([{ status: "succeeded", terminatedAt: dueAt }]);
    await world.stop();
  });

  it("fires few timers in a long idle time", async () => {
    const world = await World.open();
    let sleeps = 0;
    const sleep = world.clock.sleep.bind(world.clock);
    world.clock.sleep = (...args) => {
      sleeps++;
      return sleep(...args);
    };
    await world.start();
    await world.clock.advance("7d");
    expect(sleeps).toBeLessThan(1_000);
    await world.stop();
  });

  it("runs as many steps at once as it may, and not more", async () => {
    const door = gate();
    let running = 0;
    let most = 0;
    const world = await World.open({
      configure: (builder) => builder.maxConcurrentSteps(3),
      runner: async () => {
        most = Math.max(most, ++running);
        await door.passed;
        running--;
        return StepOutcome.succeed(bytes(""));
      },
    });
    for (let i = 0; i < 10; i++) await world.runtime.submit({ input: bytes("") });
    await world.start();
    expect(running).toBe(3);
    door.open();
    await world.settle();
    expect(most).toBe(3);
    expect((await world.queue.inspect.stats(STEPS)).pending).toBe(0);
    await world.stop();
  });

  it("takes a runner that is an object", async () => {
    const hook = new RecordingHook();
    const runner = {
      result: bytes("mine"),
      async runStep() {
        return StepOutcome.succeed(this.result);
      },
    };
    const world = await World.open({ runner, hook });
    await world.start();
    await world.runtime.submit({ input: bytes("") });
    await world.settle();
    expect(hook.outcomes).toMatchObject([{ result: bytes("mine") }]);
    await world.stop();
  });

  it("finishes the step in hand when it is told to stop, and leaves the next to others", async () => {
    const door = gate();
    const runner = async ({ stepNumber }: Step) => {
      if (stepNumber === 0) await door.passed;
      return stepNumber === 0 ? StepOutcome.continueNow(bytes("")) : StepOutcome.succeed(bytes(""));
    };
    const world = await World.open({ runner });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    const stopped = world.stop();
    await world.settle();
    expect(await world.runtime.status("r")).toMatchObject({ state: "running", currentStep: 0 });
    door.open();
    expect(await stopped).toBeUndefined();
    expect(await world.runtime.status("r")).toMatchObject({ state: "pending", currentStep: 1 });
  });

  it("is not started by a job that is no step, nor ended by one whose run has ended", async () => {
    const ran: string[] = [];
    const world = await World.open({
      runner: async ({ runId }) => {
        ran.push(runId);
        return StepOutcome.fail("no");
      },
    });
    const stray = (headers: Record<string, string>) =>
      world.queue.enqueue(STEPS, bytes(""), { headers });
    await stray({});
    await stray({ "workflow.run_id": "r" });
    await stray({ "workflow.run_id": "r", "workflow.step": "first" });
    await stray({ "workflow.run_id": "a b", "workflow.step": "0" });
    await stray({ "workflow.run_id": "ended", "workflow.step": "4" });
    await world.start();
    const { items } = await world.queue.inspect.listJobs(STEPS, "dead");
    expect(items.map((job) => job.lastError)).toEqual([
      ...Array(4).fill(expect.stringContaining("no step of a workflow")),
      expect.stringContaining("run ended has ended"),
    ]);
    expect(ran).toEqual([]);
    await world.stop();
  });
});

describe("Step.memo", () => {
  it("is the step's own and survives its attempts", async () => {
    const hook = new RecordingHook();
    let paid = 0;
    const world = await World.open({
      hook,
      runner: async ({ memo, attempts, stepNumber }) => {
        const price = await memo.remember("price", () => ++paid);
        if (attempts < 3) throw new Error("flaky");
        return stepNumber === 0
          ? StepOutcome.continueNow(bytes(""))
          : StepOutcome.succeed(bytes(`${price}`));
      },
    });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("1h");
    expect(paid).toBe(2);
    expect(hook.outcomes).toMatchObject([{ result: bytes("2") }]);
    expect(await world.keys("workflow-memo/memos/r/")).toHaveLength(2);
    await world.stop();
  });

  it("is kept under the prefix and in the store that were chosen", async () => {
    const memoStore = (await World.open()).store;
    const world = await World.open({
      memoStore,
      configure: (builder) => builder.memoPrefix("my/memo"),
      runner: async ({ memo }) => {
        await memo.put("a", bytes("1"));
        return StepOutcome.succeed(bytes(""));
      },
    });
    await world.start();
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(await world.keys("my/memo/")).toEqual([]);
    const keys: string[] = [];
    for await (const { key } of memoStore.list("my/memo/memos/r/0/")) keys.push(key);
    expect(keys).toHaveLength(1);
    await world.stop();
  });

  it("lets a reused run id go on from the entries of its earlier run", async () => {
    let paid = 0;
    const hook = new RecordingHook();
    const world = await World.open({
      hook,
      runner: async ({ memo }) => {
        await memo.remember("a", () => ++paid);
        return paid === 1 && hook.outcomes.length === 0
          ? StepOutcome.fail("first")
          : StepOutcome.succeed(bytes(""));
      },
    });
    await world.start();
    for (const _ of [1, 2]) {
      await world.runtime.submit({ runId: "r", input: bytes("") });
      await world.settle();
    }
    expect(hook.outcomes.map((outcome) => outcome.status)).toEqual(["failed", "succeeded"]);
    expect(paid).toBe(1);
    await world.stop();
  });
});
