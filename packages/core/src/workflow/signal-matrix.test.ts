import { describe, expect, it } from "vitest";
import { FreezingObjectStore, type Kill } from "../../test/freezing-store.ts";
import { bytes, text, World, type WorldOptions } from "../../test/workflow-world.ts";
import type { RunOutcome } from "./run.ts";
import type { Step } from "./step.ts";
import { StepOutcome } from "./step-outcome.ts";

type Sent = "delivered" | "buffered";

/** What the process that may be killed was told. */
interface Answers {
  submitted?: boolean;
  sent?: Sent;
  cancelled?: boolean;
}

class Play {
  readonly answers: Answers = {};
  readonly world: World;
  /** Called while step 0 is running, before it returns. */
  duringStep: () => void = () => {};
  readonly told: RunOutcome[] = [];
  readonly options: WorldOptions = {
    runner: async (step: Step) => {
      const { stepNumber, runId, signal } = step;
      if (stepNumber > 0) return StepOutcome.succeed(signal ?? bytes("timeout"));
      if (runId === "r") {
        this.duringStep();
        // Once, not again at another attempt after a crash.
        this.duringStep = () => {};
      }
      return StepOutcome.continueOnSignal(bytes(""), "key", "1m");
    },
    hook: { onTermination: async (outcome) => void this.told.push(outcome) },
  };

  constructor(world: World) {
    this.world = world;
  }

  // Nothing of the following is awaited by a process that has been killed.
  submit(): void {
    void this.world.runtime
      .submit({ runId: "r", input: bytes("") })
      .then(() => Object.assign(this.answers, { submitted: true }));
  }

  signal(): void {
    void this.world.runtime
      .signal("key", bytes("signal"))
      .then((sent) => Object.assign(this.answers, { sent }));
  }

  cancel(): void {
    void this.world.runtime
      .cancel("r")
      .then((cancelled) => Object.assign(this.answers, { cancelled }));
  }

  async pass(ms = 0): Promise<void> {
    await this.world.clock.advance(ms);
  }

  of(runId: string): RunOutcome[] {
    return this.told.filter((outcome) => outcome.runId === runId);
  }
}

type Act = (play: Play) => Promise<void>;
const LIMIT_MS = 60_000;

async function waitingRun(play: Play): Promise<void> {
  play.submit();
  await play.pass();
}

/** Every order of signal, settlement, timeout and cancel, with what has to come of it where nothing crashes. */
const ROWS: readonly (readonly [string, Act, readonly string[]])[] = [
  [
    "before the wait",
    async (play) => {
      play.signal();
      await play.pass();
      await waitingRun(play);
    },
    ["signal"],
  ],
  [
    "with the submission",
    async (play) => {
      play.submit();
      play.signal();
      await play.pass();
    },
    ["signal"],
  ],
  [
    "during the settlement",
    async (play) => {
      play.duringStep = () => play.signal();
      await waitingRun(play);
    },
    ["signal"],
  ],
  [
    "while waiting",
    async (play) => {
      await waitingRun(play);
      play.signal();
      await play.pass();
    },
    ["signal"],
  ],
  [
    "just before the timeout",
    async (play) => {
      await waitingRun(play);
      await play.pass(LIMIT_MS - 1);
      play.signal();
      await play.pass(1);
    },
    ["signal"],
  ],
  [
    "with the timeout",
    async (play) => {
      await waitingRun(play);
      await play.pass(LIMIT_MS - 1);
      void play.world.clock.sleep(1).then(() => play.signal());
      await play.pass(1);
    },
    ["signal", "timeout"],
  ],
  [
    "after the timeout",
    async (play) => {
      await waitingRun(play);
      await play.pass(LIMIT_MS);
      play.signal();
      await play.pass();
    },
    ["timeout"],
  ],
  [
    "with a cancel before it",
    async (play) => {
      await waitingRun(play);
      play.cancel();
      play.signal();
      await play.pass();
    },
    ["cancelled"],
  ],
  [
    "with a cancel after it",
    async (play) => {
      await waitingRun(play);
      play.signal();
      play.cancel();
      await play.pass();
    },
    ["cancelled", "signal"],
  ],
  [
    "with a cancel while the step before settles",
    async (play) => {
      play.duringStep = () => {
        play.signal();
        play.cancel();
      };
      await waitingRun(play);
    },
    ["cancelled"],
  ],
  [
    "with a cancel and the timeout",
    async (play) => {
      await waitingRun(play);
      await play.pass(LIMIT_MS - 1);
      void play.world.clock.sleep(1).then(() => {
        play.signal();
        play.cancel();
      });
      await play.pass(1);
    },
    ["cancelled", "signal", "timeout"],
  ],
];

const CONFIGURATIONS: Readonly<Record<string, WorldOptions["configure"]>> = {
  "a plain runtime": undefined,
  "everything on": (builder) =>
    builder.memoRetention("30d").outcomeRetention("30d").stepOutputReplay(true),
};

async function play(act: Act, configure: WorldOptions["configure"], kill?: Kill) {
  const world = await World.open({ runner: async () => StepOutcome.fail("never") });
  await world.queue.close();
  const play = new Play(world);
  if (configure !== undefined) Object.assign(play.options, { configure });
  const front = new FreezingObjectStore(world.store, undefined);
  const killed = new FreezingObjectStore(
    front,
    // Opening the queue is not what is looked at.
    kill && { ...kill, write: kill.write + (await openingWrites()) },
  );
  await world.reopen({ ...play.options, front: killed });
  await world.start();
  await act(play);
  const { writes } = killed;
  if (killed.isFrozen) {
    await world.reopen(play.options);
    await world.start();
  }
  await world.clock.advance("10m");
  return { play, world, writes: writes - (await openingWrites()) };
}

let opening: number | undefined;
async function openingWrites(): Promise<number> {
  if (opening === undefined) {
    const world = await World.open({});
    await world.queue.close();
    const counting = new FreezingObjectStore(world.store, undefined);
    await world.reopen({ front: counting });
    opening = counting.writes;
    await world.queue.close();
  }
  return opening;
}

function resultOf(outcome: RunOutcome): string {
  return outcome.status === "succeeded" ? text(outcome.result) : outcome.status;
}

/** Checks that what was answered is true, and gives how the run ended. */
async function check(played: Play): Promise<string | undefined> {
  const { world, answers } = played;
  const outcomes = played.of("r");
  // Told at least once, and always of the same end.
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
  if (answers.submitted) expect(outcomes.length).toBeGreaterThan(0);
  expect(await world.runtime.status("r")).toBeUndefined();
  const result = outcomes[0] && resultOf(outcomes[0]);
  if (answers.cancelled) expect(result).toBe("cancelled");
  if (answers.sent === "delivered") expect(["signal", "cancelled"]).toContain(result);

  expect((await world.queue.kv.scan("workflow/signal-wait/")).items).toEqual([]);

  // Whoever waits next finds the signal, if nobody took it.
  await world.runtime.submit({ runId: "heir", input: bytes("") });
  await world.clock.advance("10m");
  const [heir] = played.of("heir");
  const isBuffered = heir !== undefined && resultOf(heir) === "signal";
  const taken = result === "signal" || (answers.sent === "delivered" && result === "cancelled");
  if (answers.sent !== undefined) expect([taken, isBuffered]).toEqual([taken, !taken]);
  // One that was not acknowledged may have been sent, but not twice.
  else expect(taken && isBuffered).toBe(false);
  const left = (await world.queue.kv.scan("workflow/")).items.map(({ key }) => key);
  expect(left.filter((key) => !/\/(outcomes|outcome-times|ends)\//.test(key))).toEqual([]);
  await world.stop();
  return result;
}

describe.each(Object.entries(CONFIGURATIONS))("A signal, with %s,", (_, configure) => {
  it.each(ROWS)("that comes %s ends in the one right state", async (_name, act, expected) => {
    const { play: played } = await play(act, configure);
    expect(expected).toContain(await check(played));
    expect(played.of("r")).toHaveLength(1);
    expect(played.answers).toMatchObject({ submitted: true, sent: expect.any(String) });
  });

  it.each(ROWS)("that comes %s does so whichever write the process dies at", async (_name, act) => {
    const { writes } = await play(act, configure);
    expect(writes).toBeGreaterThan(3);
    for (let write = 1; write <= writes; write++) {
      for (const applied of [false, true]) {
        const { play: played } = await play(act, configure, { write, applied });
        try {
          await check(played);
        } catch (error) {
          throw new Error(`killed at write ${write}, ${applied ? "" : "not "}applied`, {
            cause: error,
          });
        }
      }
    }
  });
});
