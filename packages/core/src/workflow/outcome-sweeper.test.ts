import { describe, expect, it } from "vitest";
import { bytes, World, type WorldOptions } from "../../test/workflow-world.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";
import { noTerminalHook } from "./terminal-hook.ts";

const DAY_MS = 86_400_000;

async function open(runner: NonNullable<WorldOptions["runner"]>): Promise<World> {
  const configure: WorldOptions["configure"] = (builder) => builder.outcomeRetention("1d");
  const world = await World.open({ runner, hook: noTerminalHook, configure });
  await world.start();
  return world;
}

const entries = async (world: World) =>
  (await world.queue.kv.scan("workflow/")).items.map(({ key }) => key);

describe("Outcome retention", () => {
  it("keeps an outcome for its time, and then removes all of it", async () => {
    const world = await open(async ({ stepNumber }) =>
      stepNumber === 0
        ? StepOutcome.continueAfter(bytes(""), "1h")
        : StepOutcome.succeed(bytes("done")),
    );
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("1h");
    // The sweep at the end of the first day comes an hour too early for it.
    await world.clock.advance(DAY_MS);
    expect(await world.runtime.outcome("r")).toMatchObject({ status: "succeeded" });
    await world.clock.advance(DAY_MS);
    await expect(world.runtime.outcome("r")).rejects.toMatchObject({ code: "WF_RUN_NOT_FOUND" });
    expect(await entries(world)).toEqual([]);
    await world.stop();
  });

  it.each([32_000, 33_000, 300_000])("keeps a result of %i bytes", async (size) => {
    const result = new Uint8Array(size).fill(7);
    const world = await open(async () => StepOutcome.succeed(result));
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(await world.runtime.outcome("r")).toMatchObject({ result });
    const objects = () => world.keys("workflow-memo/outcomes/");
    expect(await objects()).toHaveLength(size > 32_768 ? 1 : 0);
    await world.clock.advance(3 * DAY_MS);
    expect([...(await objects()), ...(await entries(world))]).toEqual([]);
    await world.stop();
  });

  it.each([
    ["in the queue", 10, "workflow/outcomes/"],
    ["in the store", 50_000, "workflow-memo/outcomes/"],
  ])(
    "does not give the outcome of another run that lies in its place, %s",
    async (_, size, start) => {
      const runner = async ({ runId }: Step) =>
        StepOutcome.succeed(new Uint8Array(size).fill(runId.charCodeAt(0)));
      const world = await open(runner);
      for (const runId of ["a", "b"]) await world.runtime.submit({ runId, input: bytes("") });
      await world.settle();
      if (size < 100) {
        const other = await world.queue.kv.get("workflow/outcomes/b");
        await world.queue.kv.put("workflow/outcomes/a", other as Uint8Array);
      } else {
        const [a, b] = (await world.keys(start)) as [string, string];
        await world.store.put(a, (await world.store.get(b)) as Uint8Array);
      }
      await expect(world.runtime.outcome("a")).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key: expect.stringMatching(new RegExp(`^${start}a`)),
      });
      expect(await world.runtime.outcome("b")).toMatchObject({ status: "succeeded" });
      await world.stop();
    },
  );

  it("has the newest outcome of an id that is used again, for its whole time", async () => {
    let result: Uint8Array = new Uint8Array(50_000);
    const world = await open(async () => StepOutcome.succeed(result));
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance(DAY_MS / 2);
    result = bytes("second");
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance(DAY_MS + DAY_MS / 4);
    expect(await world.runtime.outcome("r")).toMatchObject({ result });
    await world.clock.advance(2 * DAY_MS);
    expect(await entries(world)).toEqual([]);
    expect(await world.keys("workflow-memo/outcomes/")).toEqual([]);
    await world.stop();
  });

  it("is no damage to a process that was taken over and has not noticed, where it was removed", async () => {
    const world = await open(async () => StepOutcome.succeed(new Uint8Array(50_000)));
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    await world.stop();
    const { runtime } = world;
    const configure: WorldOptions["configure"] = (builder) => builder.outcomeRetention("1d");
    await world.reopen({ hook: noTerminalHook, configure });
    await world.start();
    await world.clock.advance(3 * DAY_MS);
    await expect(runtime.outcome("r")).rejects.toMatchObject({ code: "WF_FENCED" });
    await expect(world.runtime.outcome("r")).rejects.toMatchObject({ code: "WF_RUN_NOT_FOUND" });
    await world.stop();
  });

  it("removes a large outcome too that was overruled by a cancel when it was stored", async () => {
    const world: World = await open(async () => {
      void world.runtime.cancel("r");
      return StepOutcome.succeed(new Uint8Array(50_000));
    });
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.settle();
    expect(await world.runtime.outcome("r")).toMatchObject({ status: "cancelled" });
    expect(await world.keys("workflow-memo/outcomes/")).toHaveLength(1);
    await world.clock.advance(3 * DAY_MS);
    expect(await world.keys("workflow-memo/outcomes/")).toEqual([]);
    await world.stop();
  });

  it("sweeps many outcomes with one delete of their objects", async () => {
    const world = await open(async () => StepOutcome.succeed(bytes("")));
    const deletes: number[] = [];
    const remove = world.store.delete.bind(world.store);
    world.store.delete = async (keys, ...rest) => {
      if (String(keys).includes("/outcomes/")) deletes.push(keys.length);
      await remove(keys, ...rest);
    };
    const runIds = Array.from({ length: 30 }, (_, index) => `r-${index}`);
    for (const runId of runIds) await world.runtime.submit({ runId, input: bytes("") });
    await world.clock.advance(3 * DAY_MS);
    expect(deletes).toEqual([30]);
    expect(await entries(world)).toEqual([]);
    await world.stop();
  });

  it("tries a step again whose large result could not be stored", async () => {
    const world = await open(async () => StepOutcome.succeed(new Uint8Array(50_000)));
    const put = world.store.put.bind(world.store);
    let failures = 4;
    world.store.put = async (key, ...rest) => {
      if (key.includes("/outcomes/") && failures-- > 0) throw new Error("down");
      await put(key, ...rest);
    };
    await world.runtime.submit({ runId: "r", input: bytes("") });
    await world.clock.advance("1h");
    expect(await world.runtime.outcome("r")).toMatchObject({ status: "succeeded" });
    await world.stop();
  });
});
