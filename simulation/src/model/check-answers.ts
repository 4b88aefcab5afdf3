import type { Job } from "@wf/core";
import { type Call, codeOf, type Journal, mayBeRecorded } from "../world/journal.ts";
import { effectsOf } from "./effects-of.ts";
import type { Group } from "./group.ts";
import type { History } from "./history.ts";
import { imageOf, isOver, isReady, stateOf } from "./job-image.ts";
import { sameBytes } from "./match-effects.ts";
import type { Timelines, Visibility } from "./timeline.ts";
import { require, violated } from "./violation.ts";
import type { Walker } from "./walker.ts";

/** Of failures after which nothing is known: the commit may stand in the history. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["WF_FENCED"]);

/** Failures that a caller may meet, whatever it does. */
const OF_THE_QUEUE: ReadonlySet<string> = new Set(["WF_FENCED", "WF_CLOSED"]);

/** Failures that a method may meet beside those. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  commit: ["WF_CONFLICT", "WF_DUPLICATE_JOB_ID"],
  enqueue: ["WF_DUPLICATE_JOB_ID"],
  enqueueMany: ["WF_DUPLICATE_JOB_ID"],
  ack: ["WF_CONFLICT", "WF_DUPLICATE_JOB_ID", "WF_CLAIM_LOST"],
  nack: ["WF_CONFLICT", "WF_DUPLICATE_JOB_ID", "WF_CLAIM_LOST"],
  deadLetter: ["WF_CONFLICT", "WF_DUPLICATE_JOB_ID", "WF_CLAIM_LOST"],
  cancel: ["WF_CONFLICT", "WF_DUPLICATE_JOB_ID"],
  requeueDead: ["WF_JOB_NOT_FOUND", "WF_INVALID_STATE"],
  // A payload of its own is read from the store, which may fail.
  getJob: ["WF_STORE_UNAVAILABLE"],
  listJobs: ["WF_STORE_UNAVAILABLE"],
  waitForCompletion: ["WF_STORE_UNAVAILABLE"],
};

/** Holds every answer of the queue against what it was when it was asked. */
export class AnswerCheck {
  readonly #walker: Walker;
  readonly #visibility: Visibility;
  /** By the number of the process. */
  readonly #epochs: ReadonlyMap<number, number>;
  readonly #takenAt: readonly number[];
  /** The tick until which all that a process did by itself is in the history. */
  readonly #confirmedUntil = new Map<number, number>();
  readonly #groups = new Map<Call, Group>();

  constructor(walker: Walker, visibility: Visibility, { epochOf, takenAt }: History) {
    this.#walker = walker;
    this.#visibility = visibility;
    this.#epochs = epochOf;
    this.#takenAt = takenAt;
    for (const group of walker.groups) {
      const { call } = group;
      if (call === undefined || call.method === "claim") continue;
      this.#groups.set(call, group);
      const process = call.process.number;
      const known = this.#confirmedUntil.get(process) ?? 0;
      this.#confirmedUntil.set(process, Math.max(known, call.begun.tick));
    }
  }

  check({ calls }: Journal): void {
    for (const call of calls) {
      if (call.settled === undefined || call.method.startsWith("run.")) continue;
      if (call.error === undefined) this.#checkAnswer(call);
      else this.#checkFailure(call);
    }
  }

  #checkFailure(call: Call): void {
    const code = codeOf(call.error);
    // The runtime ends its own wait once it knows.
    if (call.method === "waitForCompletion" && (call.error as Error).name === "AbortError") return;
    // One who has been taken over and does not know it reads of jobs that are gone.
    if (code === "WF_PAYLOAD_MISSING" && this.#isTakenOver(call)) return;
    const isAllowed =
      code !== undefined && (OF_THE_QUEUE.has(code) || ALLOWED[call.method]?.includes(code));
    require(isAllowed === true, () => `${name(call)} failed with ${describe(call.error)}`);
    if (call.found && !AMBIGUOUS.has(code as string)) {
      violated(`${name(call)} failed with ${code}, and stands in the history all the same`);
    }
    switch (code) {
      case "WF_CONFLICT":
        return this.#checkConflict(call);
      case "WF_JOB_NOT_FOUND":
        return this.#checkJob(call, (image) => image === undefined, "was there");
      case "WF_INVALID_STATE":
        return this.#checkJob(call, (image) => stateOf(image) !== "dead", "was dead");
      case "WF_CLAIM_LOST":
        return this.#checkClaimLost(call);
    }
  }

  #checkAnswer(call: Call): void {
    const { method, args, value } = call;
    if (WRITING.has(method) && mayBeRecorded(call) && value !== "requested" && !call.found) {
      violated(`${name(call)} was answered with ${show(call.value)} and is lost`);
    }
    if (call.found) this.#checkDurable(call);
    switch (method) {
      case "kv.get":
        return this.#checkValue(call, args[0], value);
      case "kv.scan":
        return this.#checkScan(call);
      case "kv.compareAndPut":
      case "kv.compareAndDelete":
        if (!value) this.#checkUnlike(call, args[0], args[1]);
        return;
      case "getJob":
        return this.#checkJobShown(call, args[0], value);
      case "listJobs":
        return this.#checkListing(call);
      case "cancel":
        if (value === "not_found") this.#checkJob(call, isOver, "was there");
        if (value === "requested") {
          this.#checkJob(call, (image) => stateOf(image) === "claimed", "was not claimed");
        }
        return;
      case "wake":
        if (value === "not_found") this.#checkJob(call, (image) => !image, "was there");
        return;
      case "enqueue":
        if (!value.isNew) this.#checkHeld(call);
        return;
      case "claim":
        return this.#checkClaimed(call);
    }
  }

  /** Nothing is acknowledged before it, and all before it, is in the store. */
  #checkDurable(call: Call): void {
    const group = this.#groups.get(call);
    require(group === undefined || (call.settled?.tick ?? 0) > group.slot.durableAt, () =>
      `${name(call)} was acknowledged before it was durable`);
  }

  #checkValue(call: Call, key: string, value: Uint8Array | undefined): void {
    const possible = this.#possible(this.#walker.keys, key, call);
    if (possible === undefined || possible.some((known) => sameBytes(known, value))) return;
    violated(
      `${name(call)} of key ${key} gave ${text(value)}, and could have been ${possible.map(text)}`,
    );
  }

  #checkScan(call: Call): void {
    const { items, next } = call.value as {
      items: { key: string; value: Uint8Array }[];
      next?: string;
    };
    for (const { key, value } of items) this.#checkValue(call, key, value);
    const shown = new Set(items.map(({ key }) => key));
    for (const key of this.#walker.keys.names) {
      if (!key.startsWith(call.args[0]) || shown.has(key)) continue;
      const isOfLaterPage =
        next !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(next)) > 0;
      const isOfEarlierPage = key <= (call.args[1]?.after ?? "");
      if (!isOfLaterPage && !isOfEarlierPage) this.#checkValue(call, key, undefined);
    }
  }

  /** A compare that failed: the key may have held something else. */
  #checkUnlike(call: Call, key: string, expected: Uint8Array | undefined): void {
    const possible = this.#possible(this.#walker.keys, key, call);
    if (possible === undefined || possible.some((known) => !sameBytes(known, expected))) return;
    violated(`${name(call)} of key ${key} failed, and the key held what was expected`);
  }

  #checkConflict(call: Call): void {
    const isPossible = Object.entries(effectsOf(call)?.expect ?? {}).some(([key, expected]) =>
      this.#possible(this.#walker.keys, key, call)?.some((known) => !sameBytes(known, expected)),
    );
    require(isPossible, () => `${name(call)} was refused with a conflict that there was not`);
  }

  #checkJobShown(call: Call, id: string, job: Job | undefined): void {
    if (!this.#isConfirmed(call)) return;
    const shown = job && imageOf(job);
    const possible = this.#possible(this.#walker.jobs, id, call);
    require(possible === undefined || possible.includes(shown), () =>
      `${name(call)} of ${id} showed ${shown}, and could have been ${possible}`);
    if (job?.state === "scheduled") {
      require((job.runAt as number) > call.begun.at, () =>
        `${name(call)}: ${id} is due, and waits`);
    }
    if (job?.state === "pending" && job.wokenAt === undefined) {
      const { at } = call.settled as { at: number };
      require((job.runAt ?? 0) <= at, () => `${name(call)}: ${id} is ready before its time`);
    }
  }

  #checkListing(call: Call): void {
    const items = call.value.items as Job[];
    for (const job of items) this.#checkJobShown(call, job.id, job);
    const ranks = items.map(call.args[1] === "pending" ? readyRank : idRank);
    require(ranks.every((rank, index) => index === 0 || (ranks[index - 1] as string) < rank), () =>
      `${name(call)} of ${call.args} is out of order: ${ranks}`);
  }

  #checkJob(call: Call, isRight: (image: string | undefined) => boolean, otherwise: string): void {
    if (!this.#isConfirmed(call)) return;
    const possible = this.#possible(this.#walker.jobs, call.args[0], call);
    if (possible === undefined || possible.some(isRight)) return;
    violated(`${name(call)} of ${call.args[0]} was told ${show(call.value)}, and it ${otherwise}`);
  }

  /** An enqueue that met a dedup key: the job that it was given may have held it. */
  #checkHeld(call: Call): void {
    const { dedupKey } = call.args[0];
    const possible = this.#possible(this.#walker.jobs, call.value.id, call);
    const held = JSON.stringify(dedupKey);
    if (possible === undefined || possible.some((image) => image?.includes(`,${held},`))) return;
    violated(`${name(call)} was told that ${call.value.id} holds dedup key ${held}`);
  }

  /** The lease had run out, or the claim was settled already. */
  #checkClaimLost(call: Call): void {
    const [claim] = call.args;
    const isSettled = [...this.#groups.keys()].some(
      ({ method, args }) => SETTLING.has(method) && args[0] === claim,
    );
    const { at } = call.settled as { at: number };
    require(isSettled || claim.leaseExpiresAt <= at || !this.#isConfirmed(call), () =>
      `${name(call)} lost its claim on ${claim.job.id}, whose lease lasts to ${claim.leaseExpiresAt}`);
  }

  /**
   * Claims that a caller got are in the history, unless its process ended before they were written; and a claim that got less
   * than it asked for left nothing that was certainly ready.
   */
  #checkClaimed(call: Call): void {
    if (!this.#isConfirmed(call)) return;
    const [queue, { max = 1 } = {}] = call.args;
    // One that had to wait for payloads may have lost some of what it took.
    const isPrompt = call.begun.at === call.settled?.at;
    if (isPrompt && call.value.length < max) this.#checkNothingLeft(call, queue);
    for (const claim of call.value) {
      const found = this.#walker.isClaimFound(claim);
      require(found, () => `the claim ${claim.token} on ${claim.job.id} is lost`);
    }
  }

  #isTakenOver({ process, settled }: Call): boolean {
    const next = this.#takenAt[this.#epochs.get(process.number) ?? 0];
    return next !== undefined && next < (settled?.tick ?? 0);
  }

  #checkNothingLeft(call: Call, queue: string): void {
    for (const id of this.#walker.jobs.names) {
      const images = this.#possible(this.#walker.jobs, id, call) ?? [undefined];
      if (!images.every((image) => isReady(image, queue, call.begun.at))) continue;
      require(this.#walker.isTouched(id, call), () =>
        `${name(call)} got ${call.value.length} jobs of ${queue}, and ${id} was ready`);
    }
  }

  #possible<T>(lines: Timelines<T>, about: string, call: Call): T[] | undefined {
    const epoch = this.#epochs.get(call.process.number);
    if (epoch === undefined || call.settled === undefined) return undefined;
    return lines.of(about).possible(this.#visibility, epoch, call.begun, call.settled);
  }

  /** Whether what its process had done by itself by then is in the history. */
  #isConfirmed({ process, settled }: Call): boolean {
    return (settled?.tick ?? 0) < (this.#confirmedUntil.get(process.number) ?? 0);
  }
}

/** Methods that write, unless their answer says that they did not. */
const WRITING: ReadonlySet<string> = new Set([
  "commit",
  "enqueue",
  "enqueueMany",
  "ack",
  "nack",
  "deadLetter",
  "cancel",
  "wake",
  "requeueDead",
  "kv.put",
  "kv.delete",
  "kv.compareAndPut",
  "kv.compareAndDelete",
]);

const SETTLING: ReadonlySet<string> = new Set(["ack", "nack", "deadLetter"]);

function readyRank(job: Job): string {
  return `${String(job.priority).padStart(10, "0")} ${job.id}`;
}

function idRank(job: Job): string {
  const rank = { scheduled: job.runAt, done: job.completedAt }[job.state as "scheduled"] ?? 0;
  return `${String(rank).padStart(20, "0")} ${job.id}`;
}

function name({ number, method, process }: Call): string {
  return `call ${number}, ${method} of process ${process.number},`;
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? "nothing";
}

function text(value: Uint8Array | undefined): string {
  return value === undefined
    ? "nothing"
    : JSON.stringify(Buffer.from(value).toString().slice(0, 100));
}

function describe(error: unknown): string {
  return error instanceof Error ? `${codeOf(error)}: ${error.message}` : String(error);
}
