import { keysOf } from "@wf/test-support/store-calls";
import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import {
  bytes,
  gate,
  RecordingHook,
  text,
  World,
  type WorldOptions,
} from "../../test/workflow-world.ts";
import { StoreError } from "../errors.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";
import { beginSweep } from "./sweep-guard.ts";
import { noTerminalHook } from "./terminal-hook.ts";

const DAY_MS = 86_400_000;

const remembering = async ({ memo, payload }: Step) => {
  await memo.put("a", payload);
  await memo.put("b", payload);
  return StepOutcome.succeed(payload);
};
const options: WorldOptions = {
  runner: remembering,
  hook: noTerminalHook,
  configure: (builder) => builder.memoRetention("1d"),
};

const memoKeys = (world: World) => world.keys("workflow-memo/memos/");
const markerKeys = (world: World) => world.keys("workflow-memo/terminals/");

async function open(overrides: WorldOptions = {}, runIds = ["r"]) {
  const world = await World.open({ ...options, ...overrides });
  await world.start();
  for (const runId of runIds) await world.runtime.submit({ runId, input: bytes("") });
  await world.settle();
  return world;
}

describe("Memo retention", () => {
  it("is off by default: no markers are written and entries stay", async () => {
    const world = await open({ configure: (builder) => builder });
    await world.clock.advance("365d");
    expect(await memoKeys(world)).toHaveLength(2);
    expect(await markerKeys(world)).toEqual([]);
    await world.stop();
  });

  it("writes a marker at every end, also where the hook does not observe it", async () => {
    const outcomes: Record<string, StepOutcome> = {
      succeeded: StepOutcome.succeed(bytes("")),
      failed: StepOutcome.fail("no"),
      cancelled: StepOutcome.cancel("no"),
    };
    const runner = async ({ runId }: Step) => outcomes[runId] ?? Promise.reject(new Error("x"));
    const world = await open({ runner, queue: { maxAttempts: 1 } }, [
      ...Object.keys(outcomes),
      "exhausted",
    ]);
    const at = String(world.clock.now()).padStart(20, "0");
    expect(await markerKeys(world)).toEqual(
      ["cancelled", "exhausted", "failed", "succeeded"].map(
        (runId) => `workflow-memo/terminals/${at}/${runId}`,
      ),
    );
    await world.stop();
  });

  it("writes the marker with the time at which the run ended, before the hook runs", async () => {
    const hook = new RecordingHook();
    const seen: number[] = [];
    const world = await open({
      hook: {
        async onTermination(outcome) {
          await hook.onTermination(outcome);
          seen.push((await markerKeys(world)).length);
          if (seen.length === 1) throw new Error("again");
        },
      },
    });
    await world.clock.advance("1m");
    expect(seen).toEqual([1, 1]);
    expect(hook.outcomes[0]).toEqual(hook.outcomes[1]);
    await world.stop();
  });

  it("removes the entries of a run and its marker once the window has passed, not before", async () => {
    const world = await open();
    // The sweep at the end of the first day finds a marker that is exactly as old, and leaves it.
    await world.clock.advance(DAY_MS);
    expect(await memoKeys(world)).toHaveLength(2);
    await world.clock.advance(DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    expect(await markerKeys(world)).toEqual([]);
    await world.stop();
  });

  it("sweeps at the start what an earlier process left", async () => {
    const world = await open();
    await world.stop();
    await world.clock.advance(DAY_MS + 1);
    await world.reopen(options);
    expect(await memoKeys(world)).toHaveLength(2);
    await world.start();
    expect(await memoKeys(world)).toEqual([]);
    await world.stop();
  });

  it("spares a run id that is active again, until that run has ended for as long", async () => {
    const runner = async (step: Step) =>
      text(step.payload) === "sleep"
        ? StepOutcome.continueAfter(bytes(""), "30d")
        : remembering(step);
    const world = await open({ runner });
    await world.runtime.submit({ runId: "r", input: bytes("sleep") });
    await world.clock.advance(10 * DAY_MS);
    expect(await memoKeys(world)).toHaveLength(2);
    expect(await markerKeys(world)).toEqual([]);
    await world.clock.advance(25 * DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    await world.stop();
  });

  it("keeps the entries of a run id until its newest end is old enough", async () => {
    const world = await open();
    await world.clock.advance(DAY_MS / 2);
    await world.runtime.submit({ runId: "r", input: bytes("again") });
    await world.clock.advance(DAY_MS + DAY_MS / 4);
    // The first end is two sweeps old, the second three quarters of a day.
    expect(await memoKeys(world)).toHaveLength(2);
    await world.clock.advance(2 * DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    expect(await markerKeys(world)).toEqual([]);
    expect((await world.queue.kv.scan("")).items).toEqual([]);
    await world.stop();
  });

  it("keeps them too where the newest end was a silent death that is not told of yet", async () => {
    const world = await open();
    await world.stop();
    await world.runtime.submit({ runId: "r", input: bytes(""), maxAttemptsPerStep: 1 });
    await world.queue.claim("workflow-steps");
    await world.settle();
    await world.clock.advance(2 * DAY_MS);
    // The terminal job waits; a sweep alone finds the old marker.
    await world.reopen({ ...options, configure: (b) => b.memoRetention("1d").queueName("other") });
    await world.start();
    expect(await memoKeys(world)).toHaveLength(2);
    await world.stop();
    await world.reopen(options);
    await world.start();
    expect(await memoKeys(world)).toHaveLength(2);
    await world.clock.advance(3 * DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    expect((await world.queue.kv.scan("")).items).toEqual([]);
    await world.stop();
  });

  it("is complete also where the notification of an end dies before it has written the marker", async () => {
    const memoStore = new (class extends MemoryObjectStore {
      override async put(...[key, ...rest]: Parameters<MemoryObjectStore["put"]>) {
        if (key.startsWith("workflow-memo/terminals/")) throw new Error("no marker");
        await super.put(key, ...rest);
      }
    })();
    const memos = () => keysOf(memoStore.list("workflow-memo/memos/"));
    const runner = async (step: Step) => {
      const outcome = await remembering(step);
      return step.runId === "dies" ? await new Promise<never>(() => {}) : outcome;
    };
    const unmarked = { ...options, runner, memoStore, queue: { maxAttempts: 1 } };
    const world = await open(unmarked, ["ends", "dies"]);
    await world.reopen(unmarked);
    await world.start();
    await world.clock.advance("1h");
    const { dead } = await world.queue.inspect.stats("workflow-steps");
    // The step of one, and the notifications of both.
    expect(dead).toBe(3);
    expect(await memos()).toHaveLength(4);
    await world.clock.advance(4 * DAY_MS);
    expect(await memos()).toEqual([]);
    expect((await world.queue.kv.scan("")).items).toEqual([]);
    await world.stop();
  });

  it("is complete also where a process looks on that was taken over and has not noticed", async () => {
    const runner = async (step: Step) =>
      step.stepNumber === 0
        ? StepOutcome.continueOnSignal(step.payload, "key", "30d")
        : remembering(step);
    const world = await open({ runner });
    await world.clock.advance(DAY_MS / 2);
    await world.reopen({ ...options, runner });
    await world.start();
    await world.runtime.signal("key", bytes(""));
    await world.settle();
    expect(await markerKeys(world)).toHaveLength(1);
    // The first to find the marker is the process to which the run still waits.
    await world.clock.advance(4 * DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    expect(await markerKeys(world)).toEqual([]);
    await world.stop();
  });

  it("lets a run that is submitted while its old entries are removed wait for that", async () => {
    const world = await open();
    const removing = gate();
    const remove = world.store.delete.bind(world.store);
    world.store.delete = async (keys) => {
      if (String(keys).includes("/memos/")) await removing.passed;
      await remove(keys);
    };
    await world.clock.advance(2 * DAY_MS);
    let submitted = false;
    const submitting = world.runtime.submit({ runId: "r", input: bytes("new") });
    submitting.then(() => {
      submitted = true;
    });
    await world.clock.advance("10s");
    expect(submitted).toBe(false);
    removing.open();
    await world.clock.advance("1s");
    expect(await submitting).toMatchObject({ newlySubmitted: true });
    expect(await memoKeys(world)).toHaveLength(2);
    await world.stop();
  });

  it("does not hold up a submission for long where the sweeping process was killed", async () => {
    const world = await open();
    await world.stop();
    await world.clock.advance(2 * DAY_MS);
    world.store.delete = () => new Promise(() => {});
    await world.reopen(options);
    await world.start();
    await world.reopen({ ...options, configure: (builder) => builder });
    const submitting = world.runtime.submit({ runId: "r", input: bytes("new") });
    await world.clock.advance("61s");
    expect(await submitting).toMatchObject({ newlySubmitted: true });
  });

  it("clears up after a process that was killed in a sweep which another one has finished", async () => {
    const world = await open({}, []);
    const guard = beginSweep(world.queue, world.clock.now());
    // Its marker is gone, so nothing else tells of it.
    await world.queue.kv.put("workflow/sweeps/r", guard.bytes);
    await world.clock.advance(2 * DAY_MS);
    expect((await world.queue.kv.scan("")).items).toEqual([]);
    await world.stop();
  });

  it("leaves the sweep of another process alone that is under way", async () => {
    const world = await open({}, []);
    await world.clock.advance(DAY_MS - 59_000);
    const guard = beginSweep(world.queue, world.clock.now());
    await world.queue.kv.put("workflow/sweeps/r", guard.bytes);
    await world.clock.advance(59_000);
    expect(await world.queue.kv.get("workflow/sweeps/r")).toEqual(new Uint8Array(guard.bytes));
    await world.stop();
  });

  it("skips a run that cannot be swept, and takes it up at the next turn", async () => {
    const world = await open({}, ["a", "b", "c"]);
    const remove = world.store.delete.bind(world.store);
    let failures = 1;
    world.store.delete = async (keys) => {
      if (String(keys).includes("/b/") && failures-- > 0) {
        throw new StoreError("WF_STORE_UNAVAILABLE", "busy");
      }
      await remove(keys);
    };
    await world.clock.advance(2 * DAY_MS);
    expect(await memoKeys(world)).toEqual([
      expect.stringContaining("/b/"),
      expect.stringContaining("/b/"),
    ]);
    expect(await markerKeys(world)).toHaveLength(1);
    expect(world.logged).toEqual([expect.stringMatching(/could not be swept.*runId: 'b'.*busy/s)]);
    await world.clock.advance(DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    expect(await markerKeys(world)).toEqual([]);
    await world.stop();
  });

  it("outlasts a failing listing", async () => {
    const world = await open();
    const list = world.store.list.bind(world.store);
    world.store.list = () => {
      throw new Error("down");
    };
    await world.clock.advance(2 * DAY_MS);
    expect(world.logged).toHaveLength(2);
    world.store.list = list;
    await world.clock.advance(DAY_MS);
    expect(await memoKeys(world)).toEqual([]);
    await world.stop();
  });

  it("leaves no timer behind when the runtime stops or its queue ends", async () => {
    const world = await open();
    await world.queue.close();
    expect(await world.running).toMatchObject({ code: "WF_CLOSED" });
    expect(world.clock.pendingSleepers).toBe(0);

    const stopped = await open();
    await stopped.stop();
    await stopped.queue.close();
    expect(stopped.clock.pendingSleepers).toBe(0);
  });
});
