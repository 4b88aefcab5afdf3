import { describe, expect, it } from "vitest";
import { Ledger } from "./ledger.ts";
import { differences, type Found } from "./verify.ts";
import { resultOf } from "./workload.ts";

const RESULT = `${resultOf("p1-0")}#1`;

/** What was said, by whom. */
const SAID: readonly (readonly [string, string])[] = [
  ["p1", "opening p1"],
  ["p1", "opened p1"],
  ["p1", "enqueued p1-0 p1-1"],
  ["p1", "done p1-0"],
  ["p1", "submitted p1-0"],
  ["p1", "submitted p1-4"],
  ["p1", "cancelled p1-4"],
  ["p1", "call p1-0 0"],
  ["p2", "opening p2"],
  ["p2", "call p1-0 0"],
  ["p2", "memo p1-0 0"],
  ["p1", "call p1-0 0"],
  ["p2", "counting 1"],
  ["p2", "counted 1"],
  ["p2", "counting 2"],
  ["p2", `ended p1-0 succeeded 17 ${RESULT}`],
  ["p2", "ended p1-4 cancelled 18 "],
  ["p2", `ended p1-0 succeeded 17 ${RESULT}`],
  ["p2", "done p1-1"],
];

const FOUND: Found = {
  done: new Set(["p1-0", "p1-1", "p1-2"]),
  submitted: new Set(["p1-0", "p1-4"]),
  doneCount: 3,
  dead: 0,
  counter: 2,
  left: [],
};

function problemsOf(more: readonly (readonly [string, string])[], found: Partial<Found>): string[] {
  const ledger = new Ledger();
  for (const [life, line] of [...SAID, ...more]) ledger.hear(life, line);
  return differences(ledger, { ...FOUND, ...found });
}

const TOO_LITTLE = new Set(["p1-0"]);

/** What goes wrong, what was said of it, what is there, and the difference. */
const WRONG: readonly (readonly [string, (typeof SAID)[number][], Partial<Found>, RegExp])[] = [
  ["a job that is lost", [["p2", "enqueued p2-0"]], {}, /job p2-0 was .* enqueued, and never done/],
  ["an end that is lost", [["p2", "done p2-7"]], {}, /the end of job p2-7 .* lost/],
  ["a job that is done twice", [["p2", "done p1-1"]], {}, /job p1-1 was acknowledged twice/],
  ["a job counted twice", [], { doneCount: 4 }, /3 jobs are done, and the queue has counted 4/],
  ["a dead job", [], { dead: 1 }, /1 jobs are dead/],
  ["a run that is lost", [], { submitted: TOO_LITTLE }, /run p1-4 was acknowledged, and is lost/],
  [
    "a run that never ends",
    [["p2", "submitted p2-0"]],
    { submitted: new Set(["p1-0", "p1-4", "p2-0"]) },
    /nobody was told how run p2-0 ended/,
  ],
  [
    "a run that ends in two ways",
    [["p2", `ended p1-0 succeeded 17 ${resultOf("p1-0")}#2`]],
    {},
    /run p1-0 ended twice/,
  ],
  ["a wrong result", [["p2", "ended p1-0 succeeded 17 x#1"]], {}, /run p1-0 ended wrongly/],
  ["a failed run", [["p2", "ended p1-0 failed 17 "]], {}, /run p1-0 ended wrongly: failed/],
  ["a cancel of its own", [["p2", "ended p1-0 cancelled 17 "]], {}, /run p1-0 ended wrongly/],
  [
    "a cancel that did not hold",
    [
      ["p2", "cancelled p1-13"],
      ["p2", `ended p1-13 succeeded 1 ${resultOf("p1-13")}#1`],
    ],
    { submitted: new Set(["p1-0", "p1-4", "p1-13"]) },
    /run p1-13 was cancelled, and had succeeded/,
  ],
  ["a counter that went back", [], { counter: 0 }, /the counter is at 0; 1 was acknowledged/],
  ["a counter that ran on", [], { counter: 3 }, /the counter is at 3; .* 2 tried/],
  ["two owners", [["p1", "counted 1"]], {}, /two owners counted to 1/],
  [
    "a call that was paid for already",
    [
      ["p3", "opening p3"],
      ["p3", "call p1-0 0"],
    ],
    {},
    /p1-0 0 was called again by p3, which began when the answer was stored/,
  ],
  ["something left behind", [], { left: ["memo/x"] }, /left behind: memo\/x/],
  ["what a process found", [["p2", "wrong payload p1-0"]], {}, /a process found: payload p1-0/],
  ["what nobody says", [["p2", "hello"]], {}, /a process said "hello"/],
];

describe("The comparison", () => {
  it("finds nothing wrong where all is as promised", () => {
    expect(problemsOf([], {})).toEqual([]);
  });

  it.each(WRONG)("finds %s", (_name, more, found, problem) => {
    expect(problemsOf(more, found).join("\n")).toMatch(problem);
  });
});
