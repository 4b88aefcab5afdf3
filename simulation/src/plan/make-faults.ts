import type { DelayRange, FaultRule } from "@wf/testing";
import type { Dice } from "./dice.ts";
import { type Faults, MEMO_PREFIX, QUEUE_PREFIX } from "./plan.ts";

const LOG = `${QUEUE_PREFIX}/log/`;
const SNAPSHOTS = `${QUEUE_PREFIX}/snapshots/`;
const PAYLOADS = `${QUEUE_PREFIX}/payloads/`;

const DELAYS: readonly (readonly [number, DelayRange])[] = [
  [3, { min: 0, max: 0 }],
  [3, { min: 1, max: 5 }],
  [3, { min: 5, max: 60 }],
  [1, { min: 20, max: 400 }],
];

/** A store that does all it is asked for, at once. */
export const NO_FAULTS: Faults = { delay: { min: 0, max: 0 }, listPageSize: 1_000, rules: [] };

/** A store with some faults, or none. */
export function makeFaults(dice: Dice, rough: boolean): Faults {
  return {
    delay: dice.weighted(DELAYS),
    listPageSize: dice.pick([2, 5, 1_000]),
    rules: rough ? roughRules(dice) : [],
  };
}

/** As {@link makeFaults}, and its opening takes so long that the owner before it does a lot meanwhile. */
export function makeSlowOpening(dice: Dice): Faults {
  const on = dice.pick([["put"], ["put"], ["list"], ["get"], ["get", "put", "list"]] as const);
  const keys = dice.pick([LOG, LOG, SNAPSHOTS, undefined]);
  const fault = { kind: "slow", min: 500, max: dice.pick([2_000, 10_000]) } as const;
  const faults = makeFaults(dice, dice.chance(0.3));
  return { ...faults, rules: [{ on, keys, probability: 0.5, fault }, ...faults.rules] };
}

/** Opens at once, but for what it reads of the log or for the seals that it puts, which takes seconds. */
export function makeSlowTakeover(dice: Dice): Faults {
  const on = dice.pick([["put"], ["get"], ["get"], ["get", "put"]] as const);
  const fault = { kind: "slow", min: 300, max: dice.pick([1_500, 4_000]) } as const;
  const delay = dice.pick([
    { min: 0, max: 0 },
    { min: 1, max: 20 },
  ]);
  return { delay, listPageSize: 1_000, rules: [{ on, keys: LOG, probability: 0.8, fault }] };
}

function roughRules(dice: Dice): FaultRule[] {
  const rules: FaultRule[] = [];
  const add = (chance: number, rule: () => FaultRule) => {
    if (dice.chance(chance)) rules.push(rule());
  };
  const often = () => dice.pick([0.01, 0.03, 0.1]);
  add(0.5, () => ({ probability: often(), fault: { kind: "unavailable" } }));
  add(0.5, () => ({
    on: ["put", "delete"],
    probability: often(),
    fault: { kind: "lost_answer" },
  }));
  add(0.5, () => ({
    on: ["put", "delete"],
    keys: dice.pick([undefined, LOG, SNAPSHOTS]),
    probability: often(),
    fault: { kind: "late", min: 1, max: dice.pick([50, 1_000, 20_000]) },
  }));
  add(0.4, () => ({
    keys: dice.pick([LOG, SNAPSHOTS, PAYLOADS, `${MEMO_PREFIX}/`]),
    probability: 0.2,
    fault: { kind: "slow", min: 10, max: dice.pick([100, 2_000]) },
  }));
  add(0.2, () => ({
    on: "put",
    probability: 0.02,
    fault: { kind: "throttled", lasts: dice.int(50, 1_000) },
  }));
  add(0.1, () => ({ probability: 0.003, fault: { kind: "outage", lasts: dice.int(100, 3_000) } }));
  add(0.4, () => ({
    on: dice.pick([["put"], ["put", "delete"]] as const),
    keys: dice.pick([undefined, LOG, SNAPSHOTS, PAYLOADS, `${MEMO_PREFIX}/`]),
    probability: dice.pick([0.005, 0.02, 0.05]),
    fault: { kind: "crash" },
  }));
  return rules;
}
