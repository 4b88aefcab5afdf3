import type { RunOutcome } from "@wf/core";
import { OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Settings } from "../plan/plan.ts";
import type { Invocation } from "../world/journal.ts";
import { CALL_TEXT } from "../world/recording-queue.ts";
import type { Returned } from "../world/step-scripts.ts";
import type { Group } from "./group.ts";
import { sameBytes } from "./match-effects.ts";
import type { Life, LifeStep, RunLives } from "./run-lives.ts";
import { require, violated } from "./violation.ts";

/** Holds what became of each run against what its steps returned, and what was told of it. */
export class RunCheck {
  readonly #lives: RunLives;
  readonly #groups: readonly Group[];
  readonly #invocations: readonly Invocation[];
  readonly #settings: Settings;

  constructor(
    lives: RunLives,
    groups: readonly Group[],
    invocations: readonly Invocation[],
    settings: Settings,
  ) {
    this.#lives = lives;
    this.#groups = groups;
    this.#invocations = invocations;
    this.#settings = settings;
  }

  check(): void {
    for (const life of this.#lives.all) {
      for (const [index, step] of life.steps.entries()) {
        const before = life.steps[index - 1];
        if (before !== undefined) this.#checkMove(life, before, step);
      }
      this.#checkEnd(life);
    }
    this.#checkCommitted();
    this.#checkInvocations();
    if (this.#settings.hook) this.#checkHooks();
  }

  /** A run moves on by what an invocation of its step returned, in the commit that settles that step. */
  #checkMove({ runId }: Life, from: LifeStep, to: LifeStep): void {
    const place = `run ${runId}, step ${to.number}`;
    const invocation = this.#lives.invocationIn(to.group);
    require(invocation?.jobId === from.jobId, () =>
      `${place} follows from no invocation of the step before`);
    requireFirst(to.group, OpTag.done, from.jobId, place);
    const returned = invocation.returned as Returned | undefined;
    require(returned !== undefined, () =>
      `${place} follows from an invocation that did not return`);
    const waitKey = returned.kind === "wait" ? returned.key : undefined;
    require(waitKey === to.waitKey, () =>
      `${place} waits for ${to.waitKey} and not for ${waitKey}`);
    require(sameBytes(to.payload, returned.payload), () =>
      `${place} has another payload than it was given`);
    const delay = returned.kind === "delay" || returned.kind === "wait" ? returned.ms : 0;
    if (to.runAt === undefined) {
      const isDue = returned.at + delay <= to.group.slot.landed.at;
      require(returned.kind === "wait" || isDue, () => `${place} is not delayed by ${delay} ms`);
    } else {
      require(to.runAt === returned.at + delay, () =>
        `${place} is delayed otherwise than by ${delay} ms`);
    }
  }

  #checkEnd({ runId, steps, end }: Life): void {
    if (end === undefined) return;
    const last = steps.at(-1) as LifeStep;
    if (end.by !== "step") return;
    const { invocation, group } = end;
    requireFirst(group, OpTag.done, last.jobId, `the end of run ${runId}`);
    require(invocation?.jobId === last.jobId, () =>
      `run ${runId} was ended by an invocation of another step`);
    const { kind } = (invocation.returned ?? {}) as Partial<Returned>;
    require(kind === "succeed" || kind === "fail" || kind === "cancel", () =>
      `run ${runId} was ended by an invocation that returned ${kind}`);
  }

  /** What an invocation staged is committed with its own job, or not at all. */
  #checkCommitted(): void {
    for (const [number, group] of this.#lives.committed) {
      const { kind, jobId, given } = this.#invocations[number - 1] as Invocation;
      const [first] = group.ops;
      require(first?.tag === OpTag.done, () =>
        `invocation ${number} was committed without its job`);
      const id = kind === "hook" ? `${this.#lastJobOf(given["outcome"] as RunOutcome)}` : jobId;
      const isOwn = kind === "hook" ? first.id.endsWith("-end") : first.id === id;
      require(isOwn, () => `invocation ${number} of job ${id} was committed with job ${first.id}`);
    }
  }

  #lastJobOf({ runId, finalStep }: RunOutcome): string | undefined {
    return this.#lives.all.find((life) => life.runId === runId)?.steps[finalStep]?.jobId;
  }

  /** A step runs as what it was enqueued as. */
  #checkInvocations(): void {
    const steps = new Map<string, { life: Life; step: LifeStep }>();
    for (const life of this.#lives.all) {
      for (const step of life.steps) steps.set(step.jobId, { life, step });
    }
    for (const { kind, number, jobId, given, begun } of this.#invocations) {
      if (kind !== "step") continue;
      const known = steps.get(jobId);
      require(known !== undefined, () => `invocation ${number} is of a step that is in no run`);
      const { life, step } = known;
      require(given["runId"] === life.runId && given["step"] === step.number, () =>
        `invocation ${number} of run ${life.runId}, step ${step.number}, was told it is another`);
      require(step.group.slot.durableAt < begun.tick, () =>
        `invocation ${number} came before its step was durable`);
      require(sameBytes(step.payload, given["payload"] as Uint8Array), () =>
        `invocation ${number} was given another payload than its step has`);
      if (given["signal"] !== undefined && step.waitKey === undefined) {
        violated(`invocation ${number} was given a signal that its step did not wait for`);
      }
    }
  }

  /** The hook is told of each end, the same each time. */
  #checkHooks(): void {
    const told = this.#invocations.filter(({ kind }) => kind === "hook");
    const died = new Set<string>();
    for (const { ops } of this.#groups) {
      if (ops[0]?.tag === OpTag.dead) died.add(ops[0].id);
    }
    const heard = new Set<Life>();
    for (const { number, given } of told) {
      const outcome = given["outcome"] as RunOutcome;
      const possible = this.#lives.all.filter(
        (life) => isOutcomeOf(life, outcome) && landedAt(life) >= outcome.terminatedAt,
      );
      // Of ends that are alike and of one moment, one that it was not told of yet.
      const first = landedAt(possible[0]);
      const life =
        possible.find((known) => landedAt(known) === first && !heard.has(known)) ?? possible[0];
      require(life !== undefined, () =>
        `hook invocation ${number} was told ${JSON.stringify(outcome)}, which is the end of no run`);
      heard.add(life);
    }
    for (const life of this.#lives.all) {
      if (life.end === undefined || heard.has(life)) continue;
      const terminal = `${(life.steps.at(-1) as LifeStep).jobId}-end`;
      require(died.has(terminal), () => `the hook was not told of the end of run ${life.runId}`);
    }
  }
}

function landedAt(life: Life | undefined): number {
  return life?.end?.group.slot.landed.at ?? 0;
}

/** Whether a run may be told to have ended so. */
export function isOutcomeOf({ runId, steps, end }: Life, outcome: RunOutcome): boolean {
  if (end === undefined || outcome.runId !== runId) return false;
  if (outcome.finalStep !== steps.length - 1) return false;
  if (end.by === "cancel") return outcome.status === "cancelled" && outcome.reason === undefined;
  if (end.by === "death") {
    if (outcome.status === "cancelled") return outcome.reason === undefined;
    if (outcome.status === "succeeded") return false;
    const { error } = outcome;
    return error === end.error?.replace(CALL_TEXT, "") || error.endsWith("is not kept");
  }
  const returned = end.invocation?.returned as Returned;
  switch (outcome.status) {
    case "succeeded":
      return returned.kind === "succeed" && sameBytes(outcome.result, returned.payload);
    case "failed":
      return returned.kind === "fail" && outcome.error === returned.reason;
    case "cancelled":
      return returned.kind === "cancel" && outcome.reason === returned.reason;
  }
}

function requireFirst(group: Group, tag: number, id: string, what: string): void {
  const [first] = group.ops;
  require(first?.tag === tag && "id" in first && first.id === id, () =>
    `${what} is not in the commit that settles job ${id}`);
}
