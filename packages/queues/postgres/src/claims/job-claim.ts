import { type Claim, type Duration, type Job, toMs, WfError } from "@wf/core";

/** Added to what a handler asks for, so that it has time to settle (behaviour of `ensureLease`). */
const SETTLEMENT_MARGIN_MS = 5_000;

/** What a claim needs of the queue that gave it. */
export interface Claims {
  /** @throws WF_CLOSED */
  checkOpen(): void;
  readonly now: number;
  /** Extends the lease to so long from now, unless it lasts longer. */
  extend(claim: JobClaim, remainingMs: number): Promise<void>;
}

export interface ClaimParts {
  readonly job: Job;
  /** As the database has it: one for all that were claimed together. */
  readonly batchToken: string;
  readonly leaseExpiresAt: number;
  /** JSON, where the job has them of its own. */
  readonly backoff: string | undefined;
  readonly onDead: string | undefined;
}

/** One delivery of a job, and the lease on it. */
export class JobClaim implements Claim {
  readonly job: Job;
  readonly token: string;
  readonly batchToken: string;
  readonly backoff: string | undefined;
  readonly onDead: string | undefined;
  /** The queue's own. */
  readonly claims: Claims;
  leaseExpiresAt: number;
  #end: WfError | "settled" | undefined;
  #abortReason: unknown;
  #controller: AbortController | undefined;

  constructor(claims: Claims, parts: ClaimParts) {
    this.claims = claims;
    this.job = parts.job;
    this.batchToken = parts.batchToken;
    this.token = `${parts.batchToken}.${parts.job.id}`;
    this.leaseExpiresAt = parts.leaseExpiresAt;
    this.backoff = parts.backoff;
    this.onDead = parts.onDead;
    if (parts.job.cancelRequested) this.requestCancel();
  }

  /** Made when it is first asked for: most handlers never look. */
  get abortSignal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  async ensureLease(remaining: Duration): Promise<void> {
    const remainingMs = toMs(remaining, "remaining") + SETTLEMENT_MARGIN_MS;
    this.claims.checkOpen();
    this.check();
    if (this.claims.now + remainingMs <= this.leaseExpiresAt) return;
    await this.claims.extend(this, remainingMs);
  }

  /** @throws WF_CLAIM_LOST once the delivery has ended */
  check(): void {
    if (this.#end === undefined) return;
    if (this.#end !== "settled") throw this.#end;
    throw new WfError(
      "WF_CLAIM_LOST",
      `the claim ${this.token} on job ${this.job.id} is settled already`,
    );
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  settle(): void {
    this.#end = "settled";
  }

  /** The job was taken back. */
  lose(reason: WfError = this.#takenBack()): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.abort(reason);
  }

  requestCancel(): void {
    this.abort(new WfError("WF_CANCEL_REQUESTED", `job ${this.job.id} was asked to stop`));
  }

  /** Tells the handler; the claim may be settled nevertheless. */
  abort(reason: WfError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }

  #takenBack(): WfError {
    return new WfError(
      "WF_CLAIM_LOST",
      `the lease on job ${this.job.id} ran out at ${this.leaseExpiresAt} and the job was taken back; ` +
        `call ensureLease in time, or claim with a longer lease`,
    );
  }
}
