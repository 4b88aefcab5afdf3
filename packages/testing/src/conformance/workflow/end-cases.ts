import assert from "node:assert/strict";
import { noTerminalHook, StepError, StepOutcome } from "@wf/core";
import { rejectsWith, text } from "../assertions.ts";
import { door, gist, hanging, read, type WorkflowCase, watched } from "./workflow-case.ts";

const DAY_MS = 86_400_000;

export const END_CASES: readonly WorkflowCase[] = [
  {
    id: "workflow-end-001",
    title: "a cancel ends a run whose step is pending, delayed or waiting before it resolves",
    async run(stage) {
      await stage.submit("pending");
      const { runtime } = stage;
      assert.equal(await runtime.cancel("pending"), true);
      assert.equal(await runtime.status("pending"), undefined);
      await stage.start(async ({ runId }) =>
        runId === "delayed"
          ? StepOutcome.continueAfter(text(""), "1h")
          : StepOutcome.continueOnSignal(text(""), "key", "1h"),
      );
      for (const runId of ["delayed", "signalled"]) {
        await stage.submit(runId);
        assert.equal(await stage.runtime.cancel(runId), true);
        assert.equal(await stage.runtime.status(runId), undefined);
      }
      await stage.settle();
      assert.deepEqual(stage.told.map(gist), ["cancelled", "cancelled", "cancelled"]);
      assert.equal(await stage.runtime.cancel("delayed"), false);
      await stage.stop();
    },
  },
  {
    id: "workflow-end-002",
    title: "a cancel tells a running step, whose outcome and effects are dropped",
    async run(stage) {
      const gate = door();
      const reasons: unknown[] = [];
      await stage.start(async ({ abortSignal, effects }) => {
        effects.put("state", text("no"));
        abortSignal.addEventListener("abort", () => reasons.push(abortSignal.reason.code));
        await gate.passed;
        return StepOutcome.succeed(text("no"));
      });
      await stage.submit();
      assert.equal(await stage.runtime.cancel("run"), true);
      assert.equal((await stage.runtime.status("run"))?.state, "cancelling");
      gate.open();
      await stage.settle();
      const outcome = stage.onlyOutcome();
      assert.deepEqual(reasons, ["WF_CANCEL_REQUESTED"]);
      assert.ok(outcome.status === "cancelled" && outcome.reason === undefined);
      assert.equal(await stage.queue.kv.get("state"), undefined);
      await stage.stop();
    },
  },
  {
    id: "workflow-end-003",
    title: "a step's own cancel keeps its reason and effects, also with one from outside",
    async run(stage) {
      const gate = door();
      await stage.start(async ({ effects }) => {
        effects.put("state", text("mine"));
        await gate.passed;
        return StepOutcome.cancel("my own");
      });
      await stage.submit();
      await stage.runtime.cancel("run");
      gate.open();
      await stage.settle();
      const outcome = stage.onlyOutcome();
      assert.equal(outcome.status === "cancelled" && outcome.reason, "my own");
      assert.equal(read(await stage.queue.kv.get("state")), "mine");
      await stage.stop();
    },
  },
  {
    id: "workflow-end-004",
    title: "a cancel of a running step outlasts a crash",
    needsReopen: true,
    async run(stage) {
      await stage.start(hanging);
      await stage.submit();
      assert.equal(await stage.runtime.cancel("run"), true);
      await stage.crash();
      await stage.start(async () => StepOutcome.succeed(text("no")));
      await stage.advance("2m");
      assert.equal(gist(stage.onlyOutcome()), "cancelled");
      await stage.stop();
    },
  },
  {
    id: "workflow-end-005",
    title: "outcome waits for the end, is told of timeout, abort and what it does not know",
    async run(stage) {
      await stage.start(async ({ stepNumber }) =>
        stepNumber === 0
          ? StepOutcome.continueAfter(text(""), "1h")
          : StepOutcome.succeed(text("at last")),
      );
      await stage.submit();
      const { runtime } = stage;
      const abort = new AbortController();
      const patient = watched(runtime.outcome("run"));
      const brief = watched(runtime.outcome("run", { timeout: "1m" }));
      const aborted = watched(runtime.outcome("run", { signal: abort.signal }));
      abort.abort("enough");
      await stage.advance("1m");
      assert.deepEqual(
        [patient, brief, aborted],
        [{}, { code: "WF_TIMED_OUT" }, { code: "enough" }],
      );
      await stage.advance("1h");
      assert.equal(gist(patient.value), "at last");
      await rejectsWith("WF_RUN_NOT_FOUND", () => runtime.outcome("never"));
      await stage.stop();
    },
  },
  {
    id: "workflow-end-006",
    title: "kept outcomes are there after a restart, large ones too, for their time",
    needsReopen: true,
    async run(stage) {
      const large = new Uint8Array(300_000).fill(1);
      const keep: Parameters<typeof stage.start>[1] = (builder) => builder.outcomeRetention("1d");
      await stage.start(
        async ({ runId }) =>
          runId === "fails"
            ? StepOutcome.fail("no")
            : StepOutcome.succeed(runId === "large" ? large : text("small")),
        keep,
        noTerminalHook,
      );
      for (const runId of ["small", "large", "fails"]) await stage.submit(runId);
      await stage.stop();
      await stage.crash();
      stage.runtime = stage.build(hanging, keep);
      assert.equal(gist(await stage.runtime.outcome("small")), "small");
      assert.equal(gist(await stage.runtime.outcome("fails")), "failed");
      const outcome = await stage.runtime.outcome("large");
      assert.ok(outcome.status === "succeeded" && Buffer.compare(outcome.result, large) === 0);
      await stage.advance(DAY_MS + 1);
      await stage.start(hanging, keep);
      await stage.settle();
      await rejectsWith("WF_RUN_NOT_FOUND", () => stage.runtime.outcome("large"));
      assert.deepEqual((await stage.queue.kv.scan("")).items, []);
    },
  },
  {
    id: "workflow-end-007",
    title:
      "the hook is tried again, is told the same each time, and its effects are committed once",
    async run(stage) {
      const told: unknown[] = [];
      await stage.start(async () => StepOutcome.succeed(text("x")), undefined, {
        async onTermination(outcome, effects) {
          told.push(outcome);
          effects.put("told", text(`${told.length}`));
          if (told.length < 3) throw new Error("not now");
        },
      });
      await stage.submit();
      await stage.advance("1h");
      assert.equal(told.length, 3);
      assert.deepEqual(told[2], told[0]);
      assert.equal(read(await stage.queue.kv.get("told")), "3");
      await stage.stop();
    },
  },
  {
    id: "workflow-end-008",
    title: "a run whose step dies where no worker sees it ends as failed, and its id is free",
    async run(stage) {
      await stage.submit("run", "x", { maxAttemptsPerStep: 1 });
      await stage.queue.claim("workflow-steps");
      await stage.advance("1m");
      assert.equal(await stage.runtime.status("run"), undefined);
      await stage.start(async () => StepOutcome.succeed(text("again")));
      assert.equal(gist(stage.onlyOutcome()), "failed");
      await stage.submit("run", "y");
      assert.deepEqual(stage.told.map(gist), ["failed", "again"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-end-009",
    title: "memo entries outlive attempts, and are removed once the run has ended for long enough",
    async run(stage) {
      let paid = 0;
      await stage.start(
        async ({ memo, attempts }) => {
          const price = await memo.remember("price", () => ++paid);
          if (attempts < 3) throw StepError.transient("again", { retryAfter: 0 });
          return StepOutcome.succeed(text(`${price}`));
        },
        (builder) => builder.memoRetention("1d"),
      );
      await stage.submit();
      await stage.advance("1m");
      assert.deepEqual([gist(stage.onlyOutcome()), paid], ["1", 1]);
      // A listing may take real time, in which none passes here.
      for (let day = 0; day < 100 && (await stage.memoKeys()).length > 0; day++) {
        await stage.advance(DAY_MS);
        await stage.settle();
      }
      assert.deepEqual(await stage.memoKeys(), []);
      await stage.submit("run", "again");
      await stage.advance("1m");
      assert.equal(paid, 2);
      await stage.stop();
    },
  },
];
