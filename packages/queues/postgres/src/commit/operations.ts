import { type CommitResult, type Effects, WfError } from "@wf/core";
import type { JobClaim } from "../claims/job-claim.ts";
import { CLAIMED } from "../layout/migrations.ts";
import { decodeEffects } from "./effects-json.ts";
import type { Decision, Operation } from "./operation.ts";
import type { Picture } from "./picture.ts";
import { type PlanOptions, planEffects } from "./plan-effects.ts";
import {
  type JobDefaults,
  NO_EFFECTS,
  type PreparedEffects,
  prepareEffects,
} from "./prepared-effects.ts";

const STATE_NAMES = ["pending", "scheduled", "claimed"] as const;

export function commitOf(name: string, effects: PreparedEffects): Operation<CommitResult> {
  return {
    name,
    effects,
    rows: [],
    claimed: undefined,
    decide(picture) {
      const { changes, result } = planEffects(picture, effects);
      return { changes, answer: result };
    },
  };
}

/** A delivery, as an operation that ends it needs to know of it. */
export interface Delivery {
  readonly claim: JobClaim;
  /** Called where the database says that the job was taken back; makes `claim.check` throw. */
  readonly onLost: () => void;
}

function checkDelivery({ claim, onLost }: Delivery, picture: Picture): void {
  claim.check();
  if (picture.hasClaim(claim.job.id, claim.batchToken)) return;
  onLost();
  claim.check();
}

function settledBy({ job, batchToken }: JobClaim) {
  return { id: job.id, queue: job.queue, token: batchToken };
}

export function ackOf(
  delivery: Delivery,
  effects: PreparedEffects,
  keep: boolean,
): Operation<CommitResult> {
  const settled = settledBy(delivery.claim);
  return {
    name: "acknowledge a job",
    effects,
    rows: [],
    claimed: settled.id,
    decide(picture) {
      checkDelivery(delivery, picture);
      const { changes, result } = planEffects(picture, effects);
      return { changes: [...changes, { kind: "done", ...settled, keep }], answer: result };
    },
  };
}

export function retryOf(delivery: Delivery, error: string, delayMs: number): Operation<"retried"> {
  const settled = settledBy(delivery.claim);
  return {
    name: "retry a job",
    effects: NO_EFFECTS,
    rows: [],
    claimed: settled.id,
    decide(picture) {
      checkDelivery(delivery, picture);
      return { changes: [{ kind: "retry", ...settled, error, delayMs }], answer: "retried" };
    },
  };
}

/** @param given in place of the job's own `onDead` */
export function deathOf(
  delivery: Delivery,
  error: string,
  given: Effects | undefined,
  defaults: JobDefaults,
): Operation<"dead"> {
  const { claim } = delivery;
  const settled = settledBy(claim);
  const { effects, options } = lastEffects(given, claim.onDead, defaults);
  return {
    name: "let a job die",
    effects,
    rows: [],
    claimed: settled.id,
    decide(picture) {
      checkDelivery(delivery, picture);
      const { changes } = planEffects(picture, effects, options);
      return { changes: [...changes, { kind: "dead", ...settled, error }], answer: "dead" };
    },
  };
}

/** A job whose last lease has run out, as somebody has seen it. */
export interface Expired {
  readonly id: string;
  readonly queue: string;
  readonly token: string;
  readonly onDead: string | undefined;
}

/** The death of a job by its lease, unless that goes on after all. */
export function expiryOf(job: Expired, defaults: JobDefaults): Operation<boolean> {
  const { effects, options } = lastEffects(undefined, job.onDead, defaults);
  const { id, queue, token } = job;
  return {
    name: "let a job die",
    effects,
    rows: [id],
    claimed: undefined,
    decide(picture) {
      const row = picture.jobs.get(id);
      const isOver = row?.state === CLAIMED && row.token === token && row.leaseIsOver;
      if (!isOver) return { changes: [], answer: false };
      const { changes } = planEffects(picture, effects, options);
      const death = { kind: "dead", id, queue, token, error: "lease expired" } as const;
      return { changes: [...changes, death], answer: true };
    },
  };
}

function lastEffects(
  given: Effects | undefined,
  own: string | undefined,
  defaults: JobDefaults,
): { effects: PreparedEffects; options: PlanOptions } {
  const effects = given ?? (own === undefined ? undefined : decodeEffects(own));
  return {
    effects: prepareEffects(defaults, effects),
    options: { takenId: given === undefined ? "skip" : "refuse" },
  };
}

export type CancelResult = "removed" | "requested" | "not_found";

export function cancelOf(jobId: string, effects: PreparedEffects): Operation<CancelResult> {
  return {
    name: "cancel a job",
    effects,
    rows: [jobId],
    claimed: undefined,
    decide(picture): Decision<CancelResult> {
      const job = picture.jobs.get(jobId);
      if (job === undefined) return { changes: [], answer: "not_found" };
      if (job.state === CLAIMED) {
        const changes = job.cancelRequested ? [] : [{ kind: "requestCancel", id: jobId } as const];
        return { changes, answer: "requested" };
      }
      const { changes } = planEffects(picture, effects, { removing: job });
      const remove = { kind: "remove", id: jobId, queue: job.queue } as const;
      return { changes: [remove, ...changes], answer: "removed" };
    },
  };
}

export function requeueOf(jobId: string): Operation<undefined> {
  return {
    name: "requeue a job",
    effects: NO_EFFECTS,
    rows: [jobId],
    claimed: undefined,
    decide(picture) {
      const finished = picture.finished.get(jobId);
      const live = picture.jobs.get(jobId);
      if (finished === undefined && live === undefined) {
        throw new WfError("WF_JOB_NOT_FOUND", `there is no job ${jobId}; it may have been swept`);
      }
      if (!finished?.isDead) {
        const state = live === undefined ? "done" : STATE_NAMES[live.state];
        throw new WfError(
          "WF_INVALID_STATE",
          `job ${jobId} is ${state}; only a dead job can be requeued`,
        );
      }
      return {
        changes: [{ kind: "requeue", id: jobId, queue: finished.queue }],
        answer: undefined,
      };
    },
  };
}
