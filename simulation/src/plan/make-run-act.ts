import type { Dice } from "./dice.ts";
import type { Program, RunAct, StepScript } from "./plan.ts";

const RUN_IDS = ["r1", "r2", "r3", "r4"] as const;
const SIGNAL_KEYS = ["s1", "s2"] as const;

export function makeRunAct(dice: Dice): RunAct {
  const runId = dice.pick(RUN_IDS);
  const key = dice.pick(SIGNAL_KEYS);
  return dice.weighted<() => RunAct>([
    [7, () => ({ do: "submit", runId, program: makeProgram(dice), again: dice.chance(0.3) })],
    [4, () => ({ do: "signal", key, count: dice.pick([1, 1, 1, 3]) })],
    [0.5, () => ({ do: "clear_signal", key })],
    [3, () => ({ do: "cancel_run", runId })],
    [3, () => ({ do: "status", runId })],
    [0.5, () => ({ do: "runs" })],
    [2, () => ({ do: "outcome", runId, ms: dice.pick([200, 10_000]) })],
  ])();
}

/** One of few, so that a run is submitted again with the same input, and with another. */
function makeProgram(dice: Dice): Program {
  return {
    steps: [...dice.several(0, 4, () => makeStep(dice)), makeLastStep(dice)],
    // Some too large to be kept beside the run.
    bytes: dice.pick([0, 0, 0, 0, 2_000, 2_000, 40_000]),
    maxAttempts: dice.pick([undefined, 1, 3]),
  };
}

function makeStep(dice: Dice): StepScript {
  const end = dice.weighted<() => StepScript["end"]>([
    [5, () => ({ kind: "next" })],
    [2, () => ({ kind: "delay", ms: dice.pick([1, 200, 4_000]) })],
    [5, () => ({ kind: "wait", key: dice.pick(SIGNAL_KEYS), ms: dice.pick([200, 5_000, 60_000]) })],
  ])();
  return { end, ...makeTrouble(dice) };
}

function makeLastStep(dice: Dice): StepScript {
  const kind = dice.weighted<"succeed" | "fail" | "cancel" | "permanent">([
    [6, "succeed"],
    [1, "fail"],
    [1, "cancel"],
    [1, "permanent"],
  ]);
  return { end: { kind }, ...makeTrouble(dice) };
}

function makeTrouble(dice: Dice): Omit<StepScript, "end"> {
  return {
    failures: dice.pick([0, 0, 0, 1, 2]),
    ms: dice.pick([0, 0, 20, 600, 2_000]),
    memo: dice.chance(0.4),
  };
}
