import { seededRandom } from "@wf/testing";
import { Dice } from "./dice.ts";
import { makeFaults, makeSlowOpening } from "./make-faults.ts";
import { makeJobAct, makeKeyValueAct } from "./make-job-act.ts";
import { makeRace } from "./make-race.ts";
import { makeRunAct } from "./make-run-act.ts";
import type { Act, Plan, PlanStep, ReaderAct, Settings } from "./plan.ts";

type Character = "jobs" | "runs" | "takeovers" | "races" | "everything";

/** Those that are acts of all kinds, in one proportion or another. */
type Mixture = Exclude<Character, "races">;

/** What happens in the run of this seed. Most runs are short, some are long. */
export function makePlan(seed: number): Plan {
  const dice = new Dice(seededRandom(seed));
  const character = dice.weighted<Character>([
    [3, "jobs"],
    [4, "runs"],
    [3, "takeovers"],
    [2, "races"],
    [2, "everything"],
  ]);
  const size = dice.weighted([
    [10, () => dice.int(10, 30)],
    [4, () => dice.int(30, 70)],
    [1, () => dice.int(100, 250)],
  ])();
  const rough = dice.chance(0.75);
  const settings = makeSettings(dice, character);
  const first: PlanStep = {
    after: 0,
    act: { do: "open", seed: dice.seed(), faults: makeFaults(dice, rough && dice.chance(0.5)) },
  };
  const steps = character === "races" ? makeRace(dice) : makeSteps(dice, size, character, rough);
  return { seed, settings, steps: [first, ...steps] };
}

function makeSteps(
  dice: Dice,
  size: number,
  character: Mixture,
  rough: boolean,
): readonly PlanStep[] {
  return Array.from({ length: size }, () => ({
    after: makePause(dice),
    act: makeAct(dice, character, rough),
  }));
}

function makePause(dice: Dice): number {
  return dice.weighted([
    [6, () => 0],
    [5, () => dice.int(1, 20)],
    [5, () => dice.int(20, 300)],
    [2, () => dice.int(300, 3_000)],
    [0.4, () => dice.int(5_000, 70_000)],
  ])();
}

function makeSettings(dice: Dice, character: Character): Settings {
  return {
    snapshotAfterBytes: dice.weighted([
      [character === "races" ? 40 : character === "takeovers" ? 8 : 4, 1],
      [3, 60_000],
      [1, 300_000],
    ]),
    maxWritesInFlight: dice.pick([1, 2, 4, 8]),
    offloadAboveBytes: dice.pick([1_024, 1_500, 4_096]),
    heartbeat: dice.maybe(0.15, () => 15_000),
    doneRetention: dice.maybe(0.5, () => dice.pick([1_000, 20_000])),
    deadRetention: dice.pick([5_000, 40_000, 86_400_000]),
    lease: dice.pick([500, 3_000, 10_000]),
    maxAttempts: dice.pick([1, 2, 3, 4]),
    backoffBase: dice.pick([0, 50, 400]),
    memoRetention: dice.maybe(0.6, () => dice.pick([2_000, 30_000])),
    outcomeRetention: dice.maybe(0.6, () => dice.pick([2_000, 40_000])),
    stepOutputReplay: dice.chance(0.5),
    hook: dice.chance(0.6),
    maxConcurrentSteps: dice.pick([1, 3, 16]),
  };
}

function makeAct(dice: Dice, character: Mixture, rough: boolean): Act {
  const who = dice.weighted([
    [8, 0],
    [2, 1],
  ]);
  const process = () => makeProcessAct(dice, rough);
  const job = () => ({ who, ...makeJobAct(dice) });
  const kv = () => ({ who, ...makeKeyValueAct(dice) });
  const run = () => ({ who, ...makeRunAct(dice) });
  const reader = () => makeReaderAct(dice, rough);
  const weights: Record<Mixture, [number, () => Act][]> = {
    jobs: [
      [1, process],
      [14, job],
      [3, kv],
      [1, run],
      [2, reader],
    ],
    runs: [
      [1, process],
      [2, job],
      [1, kv],
      [15, run],
      [1, reader],
    ],
    takeovers: [
      [4, process],
      [13, job],
      [1, kv],
      [3, run],
      [4, reader],
    ],
    everything: [
      [2, process],
      [10, job],
      [2, kv],
      [8, run],
      [2, reader],
    ],
  };
  return dice.weighted(weights[character])();
}

function makeProcessAct(dice: Dice, rough: boolean): Act {
  const who = dice.pick([0, 0, 0, 1]);
  return dice.weighted<() => Act>([
    [4, () => ({ do: "open", seed: dice.seed(), faults: makeFaults(dice, rough) })],
    [4, () => ({ do: "open", seed: dice.seed(), faults: makeSlowOpening(dice) })],
    [2, () => ({ do: "crash", who })],
    [2, () => ({ do: "pause", who, ms: dice.pick([200, 5_000, 40_000, 300_000]) })],
    [1, () => ({ do: "close", who })],
    [1, () => ({ do: "outage", who, ms: dice.int(50, 4_000) })],
  ])();
}

function makeReaderAct(dice: Dice, rough: boolean): ReaderAct {
  return dice.weighted<() => ReaderAct>([
    [
      2,
      () => ({
        do: "open_reader",
        seed: dice.seed(),
        faults: makeFaults(dice, rough && dice.chance(0.5)),
        poll: dice.pick([300, 2_000, 10_000]),
      }),
    ],
    [8, () => ({ do: "look", pick: dice.int(0, 9), refresh: dice.chance(0.4) })],
    [1, () => ({ do: "close_reader", pick: dice.int(0, 9) })],
  ])();
}
