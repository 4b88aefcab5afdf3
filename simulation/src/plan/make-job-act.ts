import type { Dice } from "./dice.ts";
import {
  type CommitSpec,
  type HandlerScript,
  type JobAct,
  type JobSpec,
  type KeyValueAct,
  QUEUES,
  WORKED_QUEUE,
} from "./plan.ts";

const KEYS = ["k1", "k2", "k3"] as const;
const DEDUP_KEYS = ["x", "y"] as const;
const IDS = ["one", "two", "three"] as const;
const PICKS = 1_000;

export function makeJobAct(dice: Dice): JobAct {
  const pick = dice.int(0, PICKS);
  return dice.weighted<() => JobAct>([
    [5, () => ({ do: "enqueue", jobs: [makeJob(dice)], together: false })],
    [2, () => makeBurst(dice)],
    [4, () => ({ do: "commit", commit: makeCommit(dice) })],
    [8, () => makeWork(dice)],
    [2, () => ({ do: "cancel_job", pick, effects: dice.maybe(0.5, () => makeCommit(dice, 1)) })],
    [2.5, () => ({ do: "wake", pick })],
    [4, () => ({ do: "requeue", pick })],
    [1, () => ({ do: "await", pick, ms: dice.pick([100, 5_000]) })],
    [2, () => ({ do: "inspect", pick, queue: dice.pick(QUEUES) })],
  ])();
}

export function makeKeyValueAct(dice: Dice): KeyValueAct {
  return {
    do: "kv",
    call: dice.pick(["put", "delete", "compareAndPut", "compareAndDelete", "scan"]),
    key: dice.pick(KEYS),
    be: makeExpectation(dice),
  };
}

/** So much at once that it takes several segments. */
function makeBurst(dice: Dice): JobAct {
  const queue = dice.pick(QUEUES);
  const bytes = dice.pick([900, 1_000, 4_000]);
  const jobs = dice.several(6, 24, () => ({ queue, bytes, priority: dice.pick([undefined, 5]) }));
  return { do: "enqueue", jobs, together: dice.chance(0.2) };
}

function makeWork(dice: Dice): JobAct {
  return {
    do: "work",
    queue: dice.pick(QUEUES),
    max: dice.pick([1, 2, 5]),
    lease: dice.pick([300, 2_000, 20_000]),
    wait: dice.pick([0, 0, 1_000]),
    ms: dice.pick([0, 0, 10, 400]),
    settle: dice.weighted([
      [4, "ack"],
      [4, "ack_effects"],
      [3, "nack"],
      [1, "dead"],
      [1, "forget"],
      [1, "late"],
      [1, "twice"],
      [1, "extend"],
    ]),
    effects: makeCommit(dice),
    retryAfter: dice.pick([undefined, undefined, 0, 800]),
  };
}

function makeJob(dice: Dice, depth = 0): JobSpec {
  const queue = dice.weighted([
    [4, "a"],
    [3, "b"],
    [3, WORKED_QUEUE],
  ]);
  return {
    queue,
    bytes: dice.weighted([
      [6, 0],
      [2, 900],
      [2, 2_000],
      [1, 9_000],
    ]),
    priority: dice.pick([undefined, undefined, 1, 5, 2_000]),
    delay: dice.pick([undefined, undefined, 0, 40, 3_000, 20_000]),
    dedupKey: dice.maybe(0.35, () => dice.pick(DEDUP_KEYS)),
    id: dice.maybe(0.15, () => dice.pick(IDS)),
    maxAttempts: dice.pick([undefined, undefined, 1, 2, 5]),
    onDead: depth === 0 ? dice.maybe(0.4, () => makeOnDead(dice)) : undefined,
    script: queue === WORKED_QUEUE ? makeScript(dice, depth) : undefined,
  };
}

function makeScript(dice: Dice, depth: number): HandlerScript {
  return {
    failures: dice.pick([0, 0, 0, 1, 2, 9]),
    permanent: dice.chance(0.1),
    ms: dice.pick([0, 0, 5, 300, 2_000]),
    follow: depth < 1 ? dice.maybe(0.3, () => makeJob(dice, depth + 1)) : undefined,
  };
}

function makeOnDead(dice: Dice): CommitSpec {
  return {
    enqueue: dice.several(0, 2, () => makeJob(dice, 1)),
    put: dice.several(0, 1, () => dice.pick(KEYS)),
    delete: dice.several(0, 1, () => "k0"),
    wake: [],
    expect: [],
  };
}

/** @param depth 1 for what is to be small */
function makeCommit(dice: Dice, depth = 0): CommitSpec {
  const [first, second] = dice.pick([
    ["k1", "k2"],
    ["k2", "k3"],
    ["k3", "k1"],
  ] as const);
  return {
    enqueue: dice.several(0, 2, () => makeJob(dice, depth)),
    put: dice.chance(0.7) ? [first] : [],
    delete: dice.chance(0.3) ? [second] : [],
    wake: dice.several(0, dice.chance(0.2) ? 2 : 0, () => dice.int(0, PICKS)),
    expect: dice.several(0, dice.chance(0.3) ? 1 : 0, () => ({
      key: dice.pick(KEYS),
      be: makeExpectation(dice),
    })),
  };
}

function makeExpectation(dice: Dice): "seen" | "absent" | "other" {
  return dice.weighted([
    [6, "seen"],
    [2, "absent"],
    [1, "other"],
  ]);
}
