import type { RunOutcome, RunStatus } from "@wf/core";
import type { Settings } from "../plan/plan.ts";
import { type Call, codeOf, type Journal } from "../world/journal.ts";
import { isOutcomeOf } from "./check-runs.ts";
import type { History } from "./history.ts";
import { sameBytes } from "./match-effects.ts";
import type { Life } from "./run-lives.ts";
import type { Visibility } from "./timeline.ts";
import { require } from "./violation.ts";

/** The payload of a step may be an object of its own, and the store fail that is asked for it. */
const OF_THE_QUEUE = ["WF_FENCED", "WF_CLOSED", "WF_STORE_UNAVAILABLE"];

/** Failures that a method may meet beside those. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "run.submit": ["WF_INPUT_MISMATCH"],
  "run.outcome": ["WF_RUN_NOT_FOUND", "WF_OUTCOME_NOT_KEPT", "WF_TIMED_OUT"],
};

/** Holds the answers of a runtime against the runs that there were. */
export class RunAnswerCheck {
  readonly #lives: readonly Life[];
  readonly #visibility: Visibility;
  readonly #epochs: ReadonlyMap<number, number>;
  readonly #takenAt: readonly number[];
  readonly #settings: Settings;
  /** Submissions that started a run. */
  readonly #starters = new Set<Call>();

  constructor(
    lives: readonly Life[],
    visibility: Visibility,
    { epochOf, takenAt }: History,
    settings: Settings,
  ) {
    this.#lives = lives;
    this.#visibility = visibility;
    this.#epochs = epochOf;
    this.#takenAt = takenAt;
    this.#settings = settings;
  }

  check({ calls }: Journal): void {
    this.#findStarters(calls);
    for (const call of calls) {
      if (call.settled === undefined || !call.method.startsWith("run.")) continue;
      if (call.error === undefined) this.#checkAnswer(call);
      else this.#checkFailure(call);
    }
  }

  #checkAnswer(call: Call): void {
    const { method, value, args } = call;
    switch (method) {
      case "run.submit":
        return this.#checkSubmission(call);
      case "run.status":
        return this.#checkStatus(call, args[0], value);
      case "run.runs":
        for (const status of value.items) this.#checkStatus(call, status.runId, status);
        return;
      case "run.cancel":
        return this.#checkCancel(call);
      case "run.outcome":
        return this.#checkOutcome(call, value);
    }
  }

  #checkFailure(call: Call): void {
    const code = codeOf(call.error) ?? "";
    if (code === "WF_PAYLOAD_MISSING" && this.#isTakenOver(call)) return;
    const isAllowed = OF_THE_QUEUE.includes(code) || ALLOWED[call.method]?.includes(code);
    require(isAllowed === true, () => `${name(call)} failed with ${call.error}`);
    if (code === "WF_INPUT_MISMATCH") {
      const others = this.#maybeActive(call, call.args[0].runId).filter(
        (life) => !sameBytes(inputOf(life), call.args[0].input),
      );
      require(others.length > 0, () => `${name(call)} was refused, and no run has another input`);
    }
    if (code === "WF_RUN_NOT_FOUND") this.#checkNotFound(call);
  }

  #checkSubmission(call: Call): void {
    const [{ runId, input }] = call.args;
    if (call.value.newlySubmitted) {
      require(this.#starters.has(call), () => `${name(call)} of ${runId} started no run`);
      return;
    }
    const same = this.#maybeActive(call, runId).some((life) => sameBytes(inputOf(life), input));
    require(same, () => `${name(call)} of ${runId} was told of a run that is not active`);
  }

  /** Of each run the submission that started it: the first to be answered of those that may have. */
  #findStarters(calls: readonly Call[]): void {
    const submissions = calls
      .filter(({ method, value }) => method === "run.submit" && value?.newlySubmitted)
      .sort((a, b) => (a.settled?.tick ?? 0) - (b.settled?.tick ?? 0));
    for (const life of this.#lives) {
      const starter = submissions.find(
        (call) => !this.#starters.has(call) && isStartedBy(life, call),
      );
      if (starter !== undefined) this.#starters.add(starter);
    }
  }

  #checkStatus(call: Call, runId: string, status: RunStatus | undefined): void {
    if (status === undefined) {
      const life = this.#lives.find(
        (candidate) => candidate.runId === runId && this.#isActive(candidate, call),
      );
      require(life === undefined, () => `${name(call)} of ${runId} did not see that it is active`);
      return;
    }
    const isPossible = this.#maybeActive(call, runId).some(({ steps }) => {
      const step = steps[status.currentStep];
      if (step === undefined || !this.#maybe(step.group, call)) return false;
      const next = steps[status.currentStep + 1];
      return next === undefined || !this.#surely(next.group, call);
    });
    require(isPossible, () => `${name(call)} showed ${JSON.stringify(status)}, which was not so`);
  }

  /** A run that was told to be cancelled ends as cancelled; one that was there was not overlooked. */
  #checkCancel(call: Call): void {
    const [runId] = call.args;
    const lives = this.#maybeActive(call, runId);
    if (!call.value) {
      const active = lives.find((life) => this.#isActive(life, call));
      require(active === undefined, () => `${name(call)} of ${runId} overlooked an active run`);
      return;
    }
    const isCancelled = lives.some(({ end }) => end === undefined || mayBeCancelled(end));
    require(isCancelled, () =>
      `${name(call)} of ${runId} was answered, and the run was not cancelled`);
  }

  #checkOutcome(call: Call, outcome: RunOutcome): void {
    const isPossible = this.#lives.some(
      (life) =>
        life.end !== undefined && this.#maybe(life.end.group, call) && isOutcomeOf(life, outcome),
    );
    require(isPossible, () =>
      `${name(call)} told ${JSON.stringify(outcome)}, which is the end of no run`);
  }

  #checkNotFound(call: Call): void {
    const [runId] = call.args;
    const { outcomeRetention } = this.#settings;
    const at = call.settled?.at as number;
    for (const life of this.#lives) {
      if (life.runId !== runId) continue;
      require(!this.#isActive(life, call), () =>
        `${name(call)} did not find run ${runId}, which is active`);
      // The outcome of a death is kept by its notification, a little later.
      if (life.end === undefined || life.end.by === "death" || outcomeRetention === undefined)
        continue;
      const isKept =
        this.#surely(life.end.group, call) && life.end.group.slot.landed.at + outcomeRetention > at;
      require(!isKept, () =>
        `${name(call)} did not find the outcome of run ${runId}, which is kept`);
    }
  }

  /** Runs of the id that may have been active at some moment of the call. */
  #maybeActive(call: Call, runId: string): Life[] {
    return this.#lives.filter((life) => {
      if (life.runId !== runId || !this.#maybe((life.steps[0] as Life["steps"][0]).group, call))
        return false;
      return life.end === undefined || !this.#surely(life.end.group, call);
    });
  }

  /** Whether the run was certainly active all the time. */
  #isActive(life: Life, call: Call): boolean {
    if (!this.#surely((life.steps[0] as Life["steps"][0]).group, call)) return false;
    return life.end === undefined || !this.#maybe(life.end.group, call);
  }

  #isTakenOver({ process, settled }: Call): boolean {
    const next = this.#takenAt[this.#epochs.get(process.number) ?? 0];
    return next !== undefined && next < (settled?.tick ?? 0);
  }

  #maybe(group: Life["steps"][0]["group"], { process, settled }: Call): boolean {
    const epoch = this.#epochs.get(process.number) ?? 0;
    return this.#visibility.isPossible(group, epoch, settled?.tick as number);
  }

  #surely(group: Life["steps"][0]["group"], { process, begun }: Call): boolean {
    const epoch = this.#epochs.get(process.number) ?? 0;
    return this.#visibility.isSure(group, epoch, begun.tick);
  }
}

function mayBeCancelled(end: NonNullable<Life["end"]>): boolean {
  if (end.by !== "step") return true;
  return (end.invocation?.returned as { kind?: string } | undefined)?.kind === "cancel";
}

function isStartedBy(life: Life, call: Call): boolean {
  const commit = life.steps[0]?.group.call;
  const [{ runId, input }] = call.args;
  if (life.runId !== runId || commit?.process !== call.process) return false;
  const isWithin =
    commit.begun.tick > call.begun.tick && commit.begun.tick < (call.settled?.tick ?? 0);
  return isWithin && sameBytes(inputOf(life), input);
}

function inputOf({ steps: [first] }: Life): Uint8Array | undefined {
  return first?.payload;
}

function name({ number, method, process }: Call): string {
  return `call ${number}, ${method} of process ${process.number},`;
}
