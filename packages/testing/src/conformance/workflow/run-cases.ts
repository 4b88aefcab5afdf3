import assert from "node:assert/strict";
import { StepError, StepOutcome } from "@wf/core";
import { rejectsWith, text } from "../assertions.ts";
import { door, gist, hanging, read, type WorkflowCase } from "./workflow-case.ts";

export const RUN_CASES: readonly WorkflowCase[] = [
  {
    id: "workflow-run-001",
    title: "payloads go from step to step, headers reach each, and the hook is told of the result",
    async run(stage) {
      await stage.start(async ({ stepNumber, payload, headers }) => {
        assert.deepEqual({ ...headers }, { tenant: "acme" });
        const next = text(`${read(payload)}${stepNumber}`);
        return stepNumber < 4 ? StepOutcome.continueNow(next) : StepOutcome.succeed(next);
      });
      await stage.submit("run", "x", { headers: { tenant: "acme" } });
      const outcome = stage.onlyOutcome();
      assert.equal(gist(outcome), "x01234");
      assert.deepEqual([outcome.finalStep, outcome.runId], [4, "run"]);
      assert.equal(await stage.runtime.status("run"), undefined);
      await stage.stop();
    },
  },
  {
    id: "workflow-run-002",
    title: "a submission is repeated with the same input, refused with another, free after the end",
    async run(stage) {
      const gate = door();
      await stage.start(async ({ payload }) => {
        await gate.passed;
        return StepOutcome.succeed(payload);
      });
      await stage.submit("run", "a");
      const { runtime } = stage;
      const again = await runtime.submit({ runId: "run", input: text("a") });
      assert.deepEqual(again, { runId: "run", newlySubmitted: false });
      await rejectsWith("WF_INPUT_MISMATCH", () =>
        runtime.submit({ runId: "run", input: text("b") }),
      );
      gate.open();
      await stage.settle();
      await stage.submit("run", "b");
      assert.deepEqual(stage.told.map(gist), ["a", "b"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-run-003",
    title: "of many submissions of one id at the same time one starts the run",
    async run(stage) {
      const { runtime } = stage;
      const spec = { runId: "run", input: text("input") };
      const all = await Promise.all(Array.from({ length: 20 }, () => runtime.submit(spec)));
      assert.equal(all.filter(({ newlySubmitted }) => newlySubmitted).length, 1);
    },
  },
  {
    id: "workflow-run-004",
    title: "a delayed step runs when it is due, not before",
    async run(stage) {
      await stage.start(async ({ stepNumber }) =>
        stepNumber === 0
          ? StepOutcome.continueAfter(text(""), "7d")
          : StepOutcome.succeed(text("on time")),
      );
      const dueAt = stage.queue.clock.now() + 7 * 86_400_000;
      await stage.submit();
      const status = await stage.runtime.status("run");
      assert.deepEqual([status?.state, status?.runAt, status?.currentStep], ["waiting", dueAt, 1]);
      await stage.advance(7 * 86_400_000 - 1);
      assert.deepEqual(stage.told, []);
      await stage.advance(1);
      assert.equal(gist(stage.onlyOutcome()), "on time");
      await stage.stop();
    },
  },
  {
    id: "workflow-run-005",
    title:
      "a transient error is tried again, after the delay it names, until the attempts are used up",
    async run(stage) {
      const attempts: number[] = [];
      await stage.start(async ({ attempts: attempt }) => {
        attempts.push(attempt);
        throw StepError.transient(`failure ${attempt}`, { retryAfter: "10s" });
      });
      await stage.submit("run", "x", { maxAttemptsPerStep: 2 });
      await stage.advance(9_999);
      assert.deepEqual(attempts, [1]);
      await stage.advance(1);
      await stage.settle();
      assert.deepEqual(attempts, [1, 2]);
      const outcome = stage.onlyOutcome();
      assert.equal(outcome.status === "failed" && outcome.error, "failure 2");
      await stage.stop();
    },
  },
  {
    id: "workflow-run-006",
    title: "a permanent error and what is no outcome end the run at once",
    async run(stage) {
      await stage.start(async ({ runId }) => {
        if (runId === "permanent") throw StepError.permanent("no use");
        return "nonsense" as never;
      });
      await stage.submit("permanent");
      await stage.submit("nonsense");
      assert.deepEqual(stage.told.map(gist), ["failed", "failed"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-run-007",
    title: "effects are committed with the outcome, and dropped with an error",
    async run(stage) {
      await stage.queue.kv.put("gone", text("x"));
      await stage.start(async ({ effects, attempts, runId }) => {
        effects.put("state", text(`${runId} ${attempts}`));
        effects.delete("gone");
        if (attempts === 1) throw StepError.transient("again", { retryAfter: 0 });
        return StepOutcome.succeed(text(""));
      });
      await stage.submit("run", "x", { kv: { submitted: text("yes") } });
      await stage.advance("1m");
      const values = await Promise.all(
        ["state", "gone", "submitted"].map(async (key) => read(await stage.queue.kv.get(key))),
      );
      assert.deepEqual(values, ["run 2", undefined, "yes"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-run-008",
    title: "effects are refused where they conflict, are reserved, too large, or come too late",
    async run(stage) {
      const codes: unknown[] = [];
      await stage.start(async ({ effects }) => {
        const note = (call: () => void) => {
          try {
            call();
          } catch (error) {
            codes.push((error as { code?: unknown }).code);
          }
        };
        effects.put("key", text("x"));
        note(() => effects.delete("key"));
        note(() => effects.put("workflow/runs/x", text("")));
        note(() => effects.put("large", new Uint8Array(262_145)));
        setImmediate(() => note(() => effects.put("late", text(""))));
        return StepOutcome.succeed(text(""));
      });
      await stage.submit();
      await stage.settle();
      assert.deepEqual(codes, [
        "WF_CONFLICTING_EFFECT",
        "WF_RESERVED_KV_KEY",
        "WF_KV_VALUE_TOO_LARGE",
        "WF_EFFECTS_SEALED",
      ]);
      await stage.stop();
    },
  },
  {
    id: "workflow-run-009",
    title: "active runs are listed with where they stand",
    async run(stage) {
      await stage.start(async ({ runId }) =>
        runId === "b" ? StepOutcome.continueAfter(text(""), "1h") : await hanging(),
      );
      for (const runId of ["c", "a", "b"]) await stage.submit(runId);
      const { items } = await stage.runtime.runs();
      assert.deepEqual(
        items.map(({ runId, state, currentStep }) => [runId, state, currentStep]),
        [
          ["a", "running", 0],
          ["b", "waiting", 1],
          ["c", "running", 0],
        ],
      );
      const page = await stage.runtime.runs({ limit: 2 });
      const rest = await stage.runtime.runs({ limit: 2, after: page.next });
      assert.deepEqual([...page.items, ...rest.items], items);
    },
  },
  {
    id: "workflow-run-010",
    title: "bad submissions are refused by their own codes and leave nothing",
    async run(stage) {
      const { runtime, queue } = stage;
      const input = text("");
      for (const runId of ["", "a b", "x".repeat(129)]) {
        await rejectsWith("WF_INVALID_RUN_ID", () => runtime.submit({ runId, input }));
      }
      const bad: [Parameters<typeof rejectsWith>[0], object][] = [
        ["WF_RESERVED_HEADER", { headers: { "workflow.step": "1" } }],
        ["WF_INVALID_ARGUMENT", { headers: { tenant: 7 } }],
        ["WF_RESERVED_KV_KEY", { kv: { "workflow/x": input } }],
        ["WF_KV_VALUE_TOO_LARGE", { kv: { key: new Uint8Array(262_145) } }],
        ["WF_INVALID_ARGUMENT", { priority: -1 }],
        ["WF_INVALID_ARGUMENT", { input: "text" }],
      ];
      for (const [code, spec] of bad) {
        await rejectsWith(code, () => runtime.submit({ runId: "run", input, ...spec }));
      }
      assert.deepEqual((await runtime.runs()).items, []);
      assert.deepEqual((await queue.kv.scan("")).items, []);
    },
  },
];
