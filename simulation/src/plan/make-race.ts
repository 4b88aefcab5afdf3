import type { Dice } from "./dice.ts";
import { makeFaults, makeSlowTakeover } from "./make-faults.ts";
import type { Act, CommitSpec, PlanStep } from "./plan.ts";

const NO_EFFECTS: CommitSpec = { enqueue: [], put: [], delete: [], wake: [], expect: [] };

/**
 * Rounds in which several take the queue over at the same time, slow to read the log or to seal it, from an owner that was at rest or
 * was not, while that one commits and collects behind itself, and a reader looks on.
 */
export function makeRace(dice: Dice): readonly PlanStep[] {
  const reader: PlanStep = {
    after: 5,
    act: {
      do: "open_reader",
      seed: dice.seed(),
      faults: makeFaults(dice, false),
      poll: dice.pick([300, 2_000]),
    },
  };
  const rounds = dice.several(1, 3, () => makeRound(dice));
  return [reader, ...work(dice, 3), ...rounds.flat()];
}

function makeRound(dice: Dice): PlanStep[] {
  const openings = dice.several(2, 4, () => ({
    after: dice.int(0, 60),
    act: { do: "open", seed: dice.seed(), faults: makeSlowTakeover(dice) } as const,
  }));
  return [
    { after: dice.pick([5, dice.int(300, 2_500)]), act: look(dice) },
    ...openings,
    ...work(dice, dice.int(8, 25)),
  ];
}

/** Commits, reads and compares of whoever takes itself for the owner, and looks of the reader. */
function work(dice: Dice, count: number): PlanStep[] {
  return Array.from({ length: count }, () => ({
    after: dice.int(5, 200),
    act: dice.weighted<() => Act>([
      [3, () => commit(dice)],
      [2, () => compare(dice)],
      [1, () => look(dice)],
    ])(),
  }));
}

function commit(dice: Dice): Act {
  const put = [dice.pick(["k1", "k2"])];
  return { who: dice.int(0, 2), do: "commit", commit: { ...NO_EFFECTS, put } };
}

function compare(dice: Dice): Act {
  const key = dice.pick(["k1", "k2"]);
  return { who: dice.int(0, 2), do: "kv", call: "compareAndPut", key, be: "seen" };
}

function look(dice: Dice): Act {
  return { do: "look", pick: 0, refresh: dice.chance(0.2) };
}
