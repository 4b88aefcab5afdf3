import assert from "node:assert/strict";
import { type Step, StepError, StepOutcome } from "@wf/core";
import { bytes, text } from "../../fixtures.ts";
import type { Scenario } from "../crash-everywhere.ts";
import type { Life } from "../life.ts";

/** Processes that die before the last one. */
const DEATHS = 2;
const MEMOS = /^memo\/memos\//;

/** That the run ended once, in that way, and that everybody who was told of it was told the same. */
function checkEnd({ ledger }: Life, runId: string, expected: RegExp): void {
  const ends = [...(ledger.ends.get(runId) ?? [])];
  assert.equal(ends.length, 1, `run ${runId} ended ${ends.length} times: ${ends}`);
  assert.match(ends[0] as string, expected);
}

/** That nothing is left of the runs in the queue. */
async function checkNoRuns({ queue, runtime }: Life): Promise<void> {
  assert.deepEqual((await runtime.runs()).items, []);
  const { items } = await queue.kv.scan("workflow/");
  assert.deepEqual(
    items.map(({ key }) => key),
    [],
  );
  const { pending, scheduled, claimed } = await queue.inspect.stats("workflow-steps");
  assert.deepEqual({ pending, scheduled, claimed }, { pending: 0, scheduled: 0, claimed: 0 });
}

/** Five steps, each of which pays for a call once, as far as it comes to know what it got. */
function fiveSteps({ ledger }: Life) {
  return async ({ runId, stepNumber, payload, memo, effects }: Step) => {
    const call = `call ${runId} ${stepNumber}`;
    const paid = await memo.remember("call", () => {
      assert.ok(!ledger.knows(call), `${call} is paid for again`);
      ledger.count(call);
      return stepNumber * 10;
    });
    ledger.tell(call);
    effects.put(`effects/${runId}/${stepNumber}`, bytes(`${paid}`));
    const next = bytes(`${text(payload)} ${paid}`);
    return stepNumber < 4 ? StepOutcome.continueNow(next) : StepOutcome.succeed(next);
  };
}

async function checkFiveSteps(life: Life, runId: string): Promise<void> {
  checkEnd(life, runId, /^succeeded 0 0 10 20 30 40 at/);
  for (let step = 0; step < 5; step++) {
    const calls = life.ledger.counted(`call ${runId} ${step}`);
    assert.ok(calls >= 1 && calls <= 1 + DEATHS, `step ${step} called ${calls} times`);
    const effect = await life.queue.kv.get(`effects/${runId}/${step}`);
    assert.equal(text(effect), `${step * 10}`);
  }
}

const fiveStepRun: Scenario = {
  name: "a run of five steps with a memo",
  leaves: MEMOS,
  async live(life) {
    await life.work(fiveSteps(life));
    await life.submit("r");
    await life.pass("1m");
    await life.close();
  },
  async check(life) {
    await life.work(fiveSteps(life));
    await life.pass();
    await checkFiveSteps(life, "r");
    await checkNoRuns(life);
    await life.close();
  },
};

const waiting = async ({ runId, stepNumber, signal }: Step) => {
  if (stepNumber > 0) return StepOutcome.succeed(signal ?? bytes("timeout"));
  return StepOutcome.continueOnSignal(bytes(""), `key ${runId}`, "30d");
};

const signals: Scenario = {
  name: "signals sent before and after their wait",
  async live(life) {
    await life.work(waiting);
    await sendOnce(life, "early");
    for (const runId of ["early", "late"]) await life.submit(runId);
    await life.pass("1m");
    await sendOnce(life, "late");
    await life.pass("1m");
    await life.close();
  },
  async check(life) {
    await life.work(waiting);
    await life.pass();
    for (const runId of ["early", "late"]) {
      checkEnd(life, runId, /^succeeded signal at/);
      // One whose sending was not acknowledged was sent again, and may be there twice.
      const sent = life.ledger.counted(`sent ${runId}`);
      const isLeft = await life.runtime.clearSignal(`key ${runId}`);
      assert.ok(!isLeft || sent > 1, "the signal was taken and is there still");
    }
    await checkNoRuns(life);
    await life.close();
  },
};

async function sendOnce({ runtime, ledger }: Life, runId: string): Promise<void> {
  if (ledger.knows(`sent ${runId}`)) return;
  ledger.count(`sent ${runId}`);
  await runtime.signal(`key ${runId}`, bytes("signal"));
  ledger.tell(`sent ${runId}`);
}

/** Runs of two steps: one sleeps between them, one waits for a signal, one is at work until it is told to stop. */
const cancellable = async ({ runId, stepNumber, abortSignal }: Step) => {
  if (stepNumber > 0) return StepOutcome.succeed(bytes("ran to its end"));
  if (runId === "sleeps") return StepOutcome.continueAfter(bytes(""), "30d");
  if (runId === "waits") return StepOutcome.continueOnSignal(bytes(""), "key", "30d");
  await new Promise((resolve) => abortSignal.addEventListener("abort", resolve, { once: true }));
  return StepOutcome.continueNow(bytes(""));
};

const cancels: Scenario = {
  name: "cancels of runs that sleep, wait and work",
  async live(life) {
    await life.work(cancellable);
    const runIds = ["sleeps", "waits", "works"];
    for (const runId of runIds) await life.submit(runId);
    await life.pass("1m");
    for (const runId of runIds) {
      if (await life.runtime.cancel(runId)) life.ledger.tell(`cancelled ${runId}`);
    }
    await life.pass("1m");
    await life.close();
  },
  async check(life) {
    await life.work(cancellable);
    await life.pass();
    for (const runId of ["sleeps", "waits", "works"]) checkEnd(life, runId, /^cancelled {2}at/);
    await checkNoRuns(life);
    await life.close();
  },
};

const failing = async ({ stepNumber, attempts }: Step) => {
  if (stepNumber === 0) return StepOutcome.continueNow(bytes(""));
  throw attempts < 2 ? StepError.transient("busy") : StepError.permanent("broken");
};

const failures: Scenario = {
  name: "a step that fails, is tried again and dies",
  async live(life) {
    await life.work(failing);
    await life.submit("r");
    await life.pass("10m");
    await life.close();
  },
  async check(life) {
    await life.work(failing);
    await life.pass();
    checkEnd(life, "r", /^failed (broken|claim interrupted by process exit) at/);
    await checkNoRuns(life);
    await life.close();
  },
};

const retaining: Parameters<Life["work"]>[1] = (builder) =>
  builder.memoRetention("1h").stepOutputReplay(true);

const memoRetention: Scenario = {
  name: "memos and step outputs are kept for their time",
  async live(life) {
    await life.work(fiveSteps(life), retaining);
    await life.submit("r");
    await life.pass("2h"); // the end, its marker, and the sweep
    await life.close();
  },
  async check(life) {
    await life.work(fiveSteps(life), retaining);
    await life.pass("3h");
    await checkFiveSteps(life, "r");
    await checkNoRuns(life);
    await life.close();
  },
};

const LARGE_RESULT = "x".repeat(40_000);
const RESULTS: Readonly<Record<string, string>> = {
  large: LARGE_RESULT,
  small: "small",
  cancelled: LARGE_RESULT,
};

async function workEnding(life: Life): Promise<void> {
  const { ledger } = life;
  const runner = async ({ runId }: Step) => {
    if (runId === "cancelled" && !ledger.knows("cancelled")) {
      // In time to meet the commit of the end, when the large result is stored already.
      void life.runtime.cancel(runId).then((answer) => answer && ledger.tell("cancelled"));
    }
    return StepOutcome.succeed(bytes(RESULTS[runId] as string));
  };
  await life.work(runner, (builder) => builder.outcomeRetention("1h"));
}

/** What is kept says the same each time, until it is swept. */
async function readOutcome({ runtime, ledger }: Life, runId: string): Promise<void> {
  try {
    const outcome = await runtime.outcome(runId);
    ledger.end(outcome);
    if (outcome.status === "succeeded") assert.equal(text(outcome.result), RESULTS[runId]);
  } catch (error) {
    assert.ok(ledger.knows("time has passed"), `no outcome of ${runId}: ${error}`);
    assert.equal((error as { code?: string }).code, "WF_RUN_NOT_FOUND");
  }
}

const keptOutcomes: Scenario = {
  name: "outcomes are kept for their time",
  async live(life) {
    await workEnding(life);
    for (const runId of Object.keys(RESULTS)) await life.submit(runId);
    await life.pass("1m");
    for (const runId of Object.keys(RESULTS)) await readOutcome(life, runId);
    life.ledger.tell("time has passed");
    await life.pass("3h");
    await life.close();
  },
  async check(life) {
    await workEnding(life);
    await life.pass("3h");
    checkEnd(life, "large", /^succeeded x+ at/);
    checkEnd(life, "small", /^succeeded small at/);
    const wasPromised = life.ledger.knows("cancelled");
    checkEnd(life, "cancelled", wasPromised ? /^cancelled/ : /^(cancelled|succeeded x+) /);
    await checkNoRuns(life);
    await life.close();
  },
};

export const RUN_SCENARIOS: readonly Scenario[] = [
  fiveStepRun,
  signals,
  cancels,
  failures,
  memoRetention,
  keptOutcomes,
];
