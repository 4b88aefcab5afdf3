import assert from "node:assert/strict";
import { type Step, StepOutcome } from "@wf/core";
import { text } from "../assertions.ts";
import { gist, hanging, read, type WorkflowCase } from "./workflow-case.ts";

export const CRASH_CASES: readonly WorkflowCase[] = [
  {
    id: "workflow-crash-001",
    title: "a run goes on from the step that was cut off, with what that step remembered",
    needsReopen: true,
    async run(stage) {
      const ran: string[] = [];
      let paid = 0;
      const runner = async ({ stepNumber, attempts, memo }: Step) => {
        ran.push(`${stepNumber}.${attempts}`);
        const price = await memo.remember("price", () => ++paid);
        if (stepNumber === 1 && attempts === 1) await hanging();
        return stepNumber < 2
          ? StepOutcome.continueNow(text(""))
          : StepOutcome.succeed(text(`${price}`));
      };
      await stage.start(runner);
      await stage.submit();
      await stage.crash();
      await stage.start(runner);
      await stage.advance("2m");
      assert.deepEqual(ran, ["0.1", "1.1", "1.2", "2.1"]);
      assert.equal(gist(stage.onlyOutcome()), "3");
      await stage.stop();
    },
  },
  {
    id: "workflow-crash-002",
    title: "status, runs, cancel and outcome work right after a restart, for sleeping runs too",
    needsReopen: true,
    async run(stage) {
      await stage.start(async ({ runId }) =>
        runId === "sleeps"
          ? StepOutcome.continueAfter(text(""), "1h")
          : StepOutcome.continueOnSignal(text(""), "key", "1h"),
      );
      for (const runId of ["sleeps", "waits"]) await stage.submit(runId);
      await stage.stop();
      await stage.crash();
      const { runtime } = stage;
      assert.equal((await runtime.status("sleeps"))?.state, "waiting");
      const { items } = await runtime.runs();
      assert.deepEqual(
        items.map(({ runId }) => runId),
        ["sleeps", "waits"],
      );
      const waiting = [runtime.outcome("sleeps"), runtime.outcome("waits")];
      assert.equal(await runtime.cancel("sleeps"), true);
      assert.equal(await runtime.cancel("waits"), true);
      const ends = await Promise.all(waiting);
      assert.deepEqual(ends.map(gist), ["cancelled", "cancelled"]);
      assert.deepEqual((await runtime.runs()).items, []);
    },
  },
  {
    id: "workflow-crash-003",
    title: "a run whose attempts are used up by crashes ends as failed and is told of",
    needsReopen: true,
    async run(stage) {
      await stage.start(hanging);
      await stage.submit("run", "x", { maxAttemptsPerStep: 2 });
      for (let crashes = 0; crashes < 2; crashes++) {
        await stage.crash();
        await stage.start(hanging);
        await stage.advance("2m");
      }
      assert.equal(gist(stage.onlyOutcome()), "failed");
      assert.equal(await stage.runtime.status("run"), undefined);
    },
  },
  {
    id: "workflow-crash-004",
    title: "with step-output replay, what a step had returned is committed and not run again",
    needsReopen: true,
    async run(stage) {
      let ran = 0;
      const runner = async ({ effects }: Step) => {
        ran++;
        effects.put("state", text("staged"));
        return StepOutcome.succeed(text("once"));
      };
      const replay: Parameters<typeof stage.start>[1] = (b) => b.stepOutputReplay(true);
      // The process dies between keeping the output and committing it.
      const { ack } = stage.queue;
      stage.queue.ack = hanging;
      await stage.start(runner, replay);
      await stage.submit();
      stage.queue.ack = ack;
      await stage.crash();
      await stage.start(runner, replay);
      await stage.advance("2m");
      assert.deepEqual([gist(stage.onlyOutcome()), ran], ["once", 1]);
      assert.equal(read(await stage.queue.kv.get("state")), "staged");
      await stage.stop();
    },
  },
  {
    id: "workflow-crash-005",
    title: "a runtime that is told to stop drains its steps, which are told by their signal",
    async run(stage) {
      const reasons: unknown[] = [];
      await stage.start(async ({ abortSignal }) => {
        await new Promise<void>((resolve) => {
          abortSignal.addEventListener("abort", () => {
            reasons.push(abortSignal.reason.code);
            resolve();
          });
        });
        return StepOutcome.continueAfter(text("rest"), "1h");
      });
      await stage.submit();
      await stage.stop();
      assert.deepEqual(reasons, ["WF_SHUTDOWN"]);
      const status = await stage.runtime.status("run");
      assert.deepEqual([status?.state, status?.currentStep], ["waiting", 1]);
    },
  },
];
