import { expect, it } from "vitest";
import { runSeeds } from "../src/cli/tally.ts";

/** The same ones each time, among which everything happens that is to be exercised. */
const FIXED_SEEDS = 150;
/** And some that nobody has seen before. */
const NEW_SEEDS = 10;
const NEW_SEEDS_FROM = Math.floor(Math.random() * 2 ** 31);

/** Seeds that failed once, by what they found. A change of what plans are made of makes other plans of them. */
const FOUND: Readonly<Record<number, string>> = {
  3008397: "a claim fails where a lease ends while a job dies for want of its payload",
  5006077: "a process that was taken over takes an outcome that is kept no longer for damaged",
};

/** What the fixed seeds have to exercise: the names of `coverageOf`. */
const EXERCISED = [
  "acks",
  "acks with effects",
  "cancel: not_found",
  "cancel: removed",
  "cancel: requested",
  "claims",
  "commits of several jobs",
  "compares that failed",
  "compares that held",
  "crashes",
  "damaged objects not needed",
  "damaged objects noticed",
  "dead jobs requeued",
  "deaths: claim interrupted by process exit",
  "deaths: deadLetter",
  "deaths: lease expired",
  "deaths: nack",
  "decisions replayed",
  "dedup keys met",
  "effects of a death",
  "fault: crash",
  "fault: late",
  "fault: lost_answer",
  "fault: outage",
  "fault: throttled",
  "fault: unavailable",
  "given back: interrupted",
  "given back: lease_expired",
  "heartbeats",
  "invocations: handler",
  "invocations: hook",
  "invocations: step",
  "jobs swept",
  "large outcomes stored",
  "memo objects swept",
  "memos found",
  "openers overtaken",
  "operations without an answer",
  "outcomes told",
  "owners closed",
  "owners fenced",
  "pauses",
  "payloads removed",
  "payloads stored apart",
  "readers",
  "refreshes of readers",
  "refused: WF_CLAIM_LOST",
  "refused: WF_CLOSED",
  "refused: WF_CONFLICT",
  "refused: WF_DUPLICATE_JOB_ID",
  "refused: WF_FENCED",
  "refused: WF_INPUT_MISMATCH",
  "refused: WF_INVALID_STATE",
  "refused: WF_JOB_NOT_FOUND",
  "refused: WF_RUN_NOT_FOUND",
  "retries",
  "runs cancelled",
  "runs ended by: cancel",
  "runs ended by: death",
  "runs ended by: step",
  "runs not there to cancel",
  "runs submitted",
  "runs submitted again",
  "segments collected",
  "segments that count for nobody",
  "segments under way beside others",
  "signal: buffered",
  "signal: delivered",
  "snapshot objects collected",
  "snapshots",
  "states seen by readers",
  "status: none",
  "status: running",
  "status: waiting",
  "step outputs swept",
  "steps with a signal",
  "takeovers",
  "wait for a job: completed",
  "wait for a job: not_found",
  "wait for a job: timed_out",
  "waits without a signal",
  "wake: not_found",
  "wake: not_scheduled",
  "wake: woken",
  "writes landed after a crash",
];

it("a fixed set of seeds holds, and exercises everything", async () => {
  const { failures, coverage } = await runSeeds(1, FIXED_SEEDS);
  expect(failures).toEqual([]);
  const missing = EXERCISED.filter((name) => !coverage[name]);
  expect(missing).toEqual([]);
});

it.each(Object.entries(FOUND))("seed %i holds, which once found that %s", async (seed) => {
  const { failures } = await runSeeds(Number(seed), 1);
  expect(failures).toEqual([]);
});

it(`seeds that were never run before hold (${NEW_SEEDS} from ${NEW_SEEDS_FROM})`, async () => {
  const { failures } = await runSeeds(NEW_SEEDS_FROM, NEW_SEEDS);
  expect(failures).toEqual([]);
});
