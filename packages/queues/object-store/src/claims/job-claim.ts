import { type Claim, type Duration, type Job, toMs, WfError } from "@wf/core";
import type { Placed } from "../state/bag.ts";
import type { JobRecord } from "../state/job-record.ts";

/** Added to what a handler asks for, so that it has time to settle (behaviour of `ensureLease`). */
const SETTLEMENT_MARGIN_MS = 5_000;

/** What a claim needs of the queue that gave it. */
export interface Claims {
  readonly now: number;
  /** What the tokens of all its claims begin with. */
  readonly tokenPrefix: string;
  extend(claim: JobClaim, expiresAt: number): void;
}

/** One delivery of a job, and the lease on it. */
export class JobClaim implements Claim, Placed {
  job: Job;
  readonly #delivery: number;
  /** The queue's own. */
  readonly record: JobRecord;
  readonly claims: Claims;
  leaseExpiresAt: number;
  /** The queue's own: where it is among the leases. */
  place = -1;
  #end: WfError | "settled" | undefined;
  #abortReason: unknown;
  #controller: AbortController | undefined;
  #lost: AbortController | undefined;

  /** @param delivery a number that no other claim of the queue's owner has */
  constructor(claims: Claims, record: JobRecord, delivery: number, leaseExpiresAt: number) {
    this.claims = claims;
    this.record = record;
    this.job = record.toJob();
    this.#delivery = delivery;
    this.leaseExpiresAt = leaseExpiresAt;
  }

  get token(): string {
    return this.claims.tokenPrefix + this.#delivery;
  }

  /** Puts in the payload that was not with the record. */
  fill(payload: Uint8Array): void {
    this.job = { ...this.job, payload };
  }

  /** Made when it is first asked for: most handlers never look. */
  get abortSignal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** As {@link abortSignal}, and not aborted where the job is merely asked to stop. */
  get lostSignal(): AbortSignal {
    this.#lost ??= new AbortController();
    if (this.isLost) this.#lost.abort(this.#end);
    return this.#lost.signal;
  }

  async ensureLease(remaining: Duration): Promise<void> {
    const remainingMs = toMs(remaining, "remaining");
    this.check();
    const expiresAt = this.claims.now + remainingMs + SETTLEMENT_MARGIN_MS;
    if (expiresAt > this.leaseExpiresAt) this.claims.extend(this, expiresAt);
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

  get isLost(): boolean {
    return this.#end instanceof WfError;
  }

  settle(): void {
    this.#end = "settled";
  }

  lose(reason: WfError): void {
    this.#end = reason;
    this.#lost?.abort(reason);
    this.abort(reason);
  }

  abort(reason: unknown): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }
}
