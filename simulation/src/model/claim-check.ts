import type { Claim } from "@wf/core";
import type { Call, Journal } from "../world/journal.ts";
import type { Group } from "./group.ts";
import type { HistorySlot } from "./history.ts";
import type { ModelJob, ModelState } from "./model-state.ts";
import { require } from "./violation.ts";

export interface FoundClaim {
  readonly call: Call;
  readonly claim: Claim;
}

/** Finds the claims that callers were given, and checks that none was passed over. */
export class ClaimCheck {
  readonly #state: ModelState;
  readonly #groups: readonly Group[];
  readonly #given = new Map<string, FoundClaim[]>();
  readonly #touching: readonly Call[];

  constructor(journal: Journal, state: ModelState, groups: readonly Group[]) {
    this.#state = state;
    this.#groups = groups;
    for (const call of journal.calls) {
      if (call.method !== "claim") continue;
      for (const claim of (call.value ?? []) as Claim[]) {
        const place = placeOf(call.process.number, claim.job.id, claim.job.attempts);
        const known = this.#given.get(place);
        if (known === undefined) this.#given.set(place, [{ call, claim }]);
        else known.push({ call, claim });
      }
    }
    this.#touching = journal.calls.filter(({ method }) => TOUCHING.has(method));
  }

  /** The claim that was given out; undefined where its caller did not live to see it. */
  find(slot: HistorySlot, job: ModelJob, at: number): FoundClaim | undefined {
    const given = this.#given.get(placeOf(slot.by, job.id, job.attempts)) ?? [];
    const index = given.findIndex(({ claim }) => claim.job.claimedAt === at);
    return index < 0 ? undefined : given.splice(index, 1)[0];
  }

  /** Those that were given out and stand nowhere in the history. */
  get lost(): FoundClaim[] {
    return [...this.#given.values()].flat();
  }

  /** No job that goes before this one was certainly ready when the claim was asked for. */
  checkOrder(job: ModelJob, call: Call): void {
    for (const other of this.#state.jobs.values()) {
      if (other.queue !== job.queue || !this.#state.waitsIn(other)) continue;
      if (!isBefore(other, job) || !this.#wasReady(other, call)) continue;
      require(this.isTouched(other.id, call), () =>
        `claim call ${call.number} was given job ${job.id} of priority ${job.priority} while ` +
        `${other.id} of priority ${other.priority} was ready`);
    }
  }

  #wasReady(job: ModelJob, { begun }: Call): boolean {
    if (job.dueAt !== undefined && job.dueAt > begun.at) return false;
    const group = this.#groups[job.waitsSince];
    if (group === undefined) return false;
    const { call } = group;
    if (group.isEarly) return group.slot.landed.tick < begun.tick;
    return (
      call?.settled !== undefined && call.error === undefined && call.settled.tick < begun.tick
    );
  }

  /** Whether something was under way with the job, so that it was left to that. */
  isTouched(jobId: string, { begun, settled }: Call): boolean {
    return this.#touching.some((call) => {
      if (call.begun.tick > (settled?.tick ?? Number.POSITIVE_INFINITY)) return false;
      if (call.settled !== undefined && call.settled.tick < begun.tick) return false;
      return JSON.stringify(call.args.map(withoutClaims)).includes(jobId);
    });
  }
}

const TOUCHING: ReadonlySet<string> = new Set([
  "cancel",
  "wake",
  "commit",
  "ack",
  "nack",
  "deadLetter",
]);

function isBefore(a: ModelJob, b: ModelJob): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.id < b.id);
}

function placeOf(process: number, jobId: string, attempts: number): string {
  return `${process}|${jobId}|${attempts}`;
}

function withoutClaims(arg: unknown): unknown {
  return typeof arg === "object" && arg !== null && "token" in arg ? null : arg;
}
