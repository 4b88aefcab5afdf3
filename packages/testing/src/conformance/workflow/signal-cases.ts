import assert from "node:assert/strict";
import { type Step, StepOutcome } from "@wf/core";
import { rejectsWith, text } from "../assertions.ts";
import { gist, read, type WorkflowCase } from "./workflow-case.ts";

/** Waits a minute for the key that the input names, and succeeds with what came. */
async function waiter({ stepNumber, payload, signal }: Step): Promise<StepOutcome> {
  return stepNumber === 0
    ? StepOutcome.continueOnSignal(payload, read(payload) as string, "1m")
    : StepOutcome.succeed(signal ?? text("timeout"));
}

export const SIGNAL_CASES: readonly WorkflowCase[] = [
  {
    id: "workflow-signal-001",
    title: "a signal wakes the run that waits",
    async run(stage) {
      await stage.start(waiter);
      await stage.submit("run", "key");
      const status = await stage.runtime.status("run");
      assert.deepEqual([status?.state, status?.waitingFor], ["waiting", "key"]);
      assert.equal(await stage.runtime.signal("key", text("yes")), "delivered");
      await stage.settle();
      assert.equal(gist(stage.onlyOutcome()), "yes");
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-002",
    title: "signals that come before are taken one per wait, the oldest first",
    async run(stage) {
      const { runtime } = stage;
      for (const name of ["a", "b", "c"]) {
        assert.equal(await runtime.signal("key", text(name)), "buffered");
      }
      await stage.start(waiter);
      for (const runId of ["1", "2", "3", "4"]) await stage.submit(runId, "key");
      await stage.advance("1m");
      assert.deepEqual(stage.told.map(gist), ["a", "b", "c", "timeout"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-003",
    title: "a wait ends without a signal when its time is up, and a later one stays for the next",
    async run(stage) {
      await stage.start(waiter);
      await stage.submit("run", "key");
      await stage.advance(59_999);
      assert.deepEqual(stage.told, []);
      await stage.advance(1);
      await stage.settle();
      assert.equal(gist(stage.onlyOutcome()), "timeout");
      assert.equal(await stage.runtime.signal("key", text("late")), "buffered");
      await stage.submit("next", "key");
      assert.deepEqual(stage.told.map(gist), ["timeout", "late"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-004",
    title: "waits and buffered signals outlast a crash",
    needsReopen: true,
    async run(stage) {
      await stage.start(waiter);
      await stage.submit("run", "key");
      await stage.runtime.signal("other", text("kept"));
      await stage.stop();
      await stage.crash();
      assert.equal(await stage.runtime.signal("key", text("yes")), "delivered");
      await stage.start(waiter);
      await stage.submit("next", "other");
      assert.deepEqual(stage.told.map(gist).sort(), ["kept", "yes"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-005",
    title: "a step finds its signal again at every attempt",
    needsReopen: true,
    async run(stage) {
      const seen: unknown[] = [];
      const dying = async (step: Step) => {
        if (step.stepNumber === 0) return await waiter(step);
        seen.push(read(step.signal));
        return step.attempts === 1 ? await new Promise<never>(() => {}) : await waiter(step);
      };
      await stage.start(dying);
      await stage.submit("woken", "a");
      await stage.runtime.signal("a", text("first"));
      await stage.runtime.signal("b", text("second"));
      await stage.submit("buffered", "b");
      await stage.crash();
      await stage.start(dying);
      await stage.advance("2m");
      assert.deepEqual(stage.told.map(gist).sort(), ["first", "second"]);
      assert.deepEqual(seen.sort(), ["first", "first", "second", "second"]);
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-006",
    title: "of two runs that wait for one key the second fails",
    async run(stage) {
      await stage.start(waiter);
      await stage.submit("first", "key");
      await stage.submit("second", "key");
      assert.deepEqual([gist(stage.onlyOutcome()), stage.told[0]?.runId], ["failed", "second"]);
      assert.equal(await stage.runtime.signal("key", text("yes")), "delivered");
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-007",
    title: "many signals at once are each delivered or buffered, and none is lost or taken twice",
    async run(stage) {
      await stage.start(waiter);
      await stage.submit("0", "key");
      const names = Array.from({ length: 20 }, (_, i) => `${i}`);
      const runtimes = [stage.runtime, stage.build(waiter)];
      const sent = await Promise.all(
        names.map((name, i) => runtimes[i % 2]?.signal("key", text(name))),
      );
      assert.equal(sent.filter((delivery) => delivery === "delivered").length, 1);
      for (const name of names.slice(1)) await stage.submit(name, "key");
      await stage.settle();
      assert.deepEqual(stage.told.map(gist).sort(), names.toSorted());
      assert.equal(await stage.runtime.clearSignal("key"), false);
      await stage.stop();
    },
  },
  {
    id: "workflow-signal-008",
    title: "a signal that is too large, one too many, and a bad key are refused",
    async run({ runtime }) {
      await rejectsWith("WF_KV_VALUE_TOO_LARGE", () =>
        runtime.signal("key", new Uint8Array(262_145)),
      );
      for (const key of ["", "\ud800", "x".repeat(1_025)]) {
        await rejectsWith("WF_INVALID_KEY", () => runtime.signal(key, text("")));
      }
      const sent = await Promise.allSettled(
        Array.from({ length: 1_001 }, () => runtime.signal("key", text(""))),
      );
      const refused = sent.filter((one) => one.status === "rejected");
      assert.deepEqual(
        refused.map(({ reason }) => reason.code),
        ["WF_SIGNAL_BUFFER_FULL"],
      );
      assert.equal(await runtime.clearSignal("key"), true);
      assert.equal(await runtime.clearSignal("key"), false);
    },
  },
];
