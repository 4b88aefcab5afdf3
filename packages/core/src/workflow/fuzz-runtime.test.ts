import { encode } from "cborg";
import { describe, expect, it } from "vitest";
import { fuzzCases } from "../../test/fuzz/fuzz.ts";
import { BYTE_MUTATIONS, type Mutation, misshapen, pick } from "../../test/fuzz/mutations.ts";
import { bytes, STEPS, text, World, type WorldOptions } from "../../test/workflow-world.ts";
import { WfError } from "../errors.ts";
import type { RandomSource } from "../random.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

const OPTIONS: WorldOptions = {
  runner: async ({ runId, stepNumber, signal }: Step) => {
    if (stepNumber > 0) return StepOutcome.succeed(signal ?? bytes("timeout"));
    if (runId.startsWith("waits")) return StepOutcome.continueOnSignal(bytes(""), runId, "1h");
    if (runId.startsWith("fails")) return StepOutcome.fail("no");
    return StepOutcome.continueAfter(bytes(""), "1h");
  },
  configure: (builder) =>
    builder.memoRetention("2h").outcomeRetention("2h").stepOutputReplay(true).lease("30s"),
};

const MUTATIONS = Object.values(BYTE_MUTATIONS);

/** A world with runs in every state and signals in their buffers. */
async function busyWorld(): Promise<World> {
  const world = await World.open(OPTIONS);
  await world.start();
  const { runtime } = world;
  for (const runId of ["waits-1", "waits-2", "sleeps", "fails"]) {
    await runtime.submit({ runId, input: bytes(runId), maxAttemptsPerStep: 2 });
  }
  for (const signal of ["one", "two"]) await runtime.signal("nobody", bytes(signal));
  await world.settle();
  return world;
}

/** What callers may do with the runs. Whatever is damaged, they get an answer or a clear error. */
async function callEverything(world: World): Promise<void> {
  const { runtime } = world;
  const ofRuns = ["waits-1", "waits-2", "sleeps", "fails"].flatMap((runId) => [
    () => runtime.status(runId),
    () => runtime.outcome(runId, { timeout: 1 }),
    () => runtime.submit({ runId, input: bytes(runId) }),
  ]);
  const calls: (() => Promise<unknown>)[] = [
    () => runtime.runs(),
    () => runtime.signal("waits-1", bytes("s")),
    () => runtime.signal("nobody", bytes("three")),
    () => runtime.clearSignal("nobody"),
    ...ofRuns,
    () => runtime.cancel("waits-2"),
  ];
  for (const call of calls) {
    const answer = call().catch((error: unknown) => {
      if (!WfError.is(error)) throw error;
    });
    await world.clock.advance(10);
    await answer;
  }
}

/** The rest of the world goes on: a new run ends as it should, and nothing is stuck or left running. */
async function checkAlive(world: World): Promise<void> {
  await callEverything(world);
  for (let hours = 0; hours < 6; hours++) await world.clock.advance("1h");
  await world.runtime.submit({ runId: "waits-later", input: bytes("") });
  await world.settle();
  const outcome = world.runtime.outcome("waits-later");
  await world.runtime.signal("waits-later", bytes("heard"));
  await world.clock.advance("1m");
  const ended = await outcome;
  expect(ended.status === "succeeded" && text(ended.result)).toBe("heard");
  const stats = await world.queue.inspect.stats(STEPS);
  expect(stats).toMatchObject({ claimed: 0, pending: 0 });
  expect(await world.stop()).toBeUndefined();
}

function mutated(random: RandomSource, value: Uint8Array, other: Uint8Array): Uint8Array {
  const mutate = pick<Mutation>(random, MUTATIONS);
  return mutate(random, new Uint8Array(value), new Uint8Array(other));
}

const NOTES = [
  { kind: "ended", ending: { status: "failed", error: "no" }, step: 2, at: 1_700_000_000_000 },
  { kind: "died", stepJobId: "job", step: 1, waitKey: "waits-1" },
];

const STEP_NUMBERS = ["0", "1", "01", "-1", "1e3", "9".repeat(15), "9".repeat(16), "", "x"];

describe("A runtime", () => {
  it("gets over whatever its entries in the queue say", async () => {
    await fuzzCases(100, async (random) => {
      const world = await busyWorld();
      const { items } = await world.queue.kv.scan("workflow/", { limit: 1_000 });
      for (let damaged = 0; damaged < 2; damaged++) {
        const { key, value } = pick(random, items);
        const changed =
          random() < 0.5 && value[0] === "{".charCodeAt(0)
            ? bytes(JSON.stringify(misshapen(random, JSON.parse(text(value)))))
            : mutated(random, value, pick(random, items).value);
        await world.queue.kv.put(key, changed);
      }
      await checkAlive(world);
    });
  });

  it("gets over whatever jobs it finds in its queue", async () => {
    await fuzzCases(100, async (random) => {
      const world = await busyWorld();
      const { items } = await world.queue.inspect.listJobs(STEPS, "scheduled");
      for (let strange = 0; strange < 3; strange++) {
        const { headers } = pick(random, items);
        const payload = encode({ v: 1, ...pick(random, NOTES) });
        const changed: Record<string, string> = {
          ...headers,
          "workflow.step": pick(random, STEP_NUMBERS),
          "workflow.run_id": pick(random, ["waits-1", "nobody", "", "a/b", "x".repeat(200)]),
        };
        if (random() < 0.5) changed["workflow.terminal"] = "1";
        if (random() < 0.3) delete changed[pick(random, Object.keys(changed))];
        await world.queue.enqueue(STEPS, mutated(random, payload, payload), {
          headers: changed,
        });
      }
      await checkAlive(world);
    });
  });
});
