import { type Claim, type Duration, type Job, toMs, WfError } from "@wf/core";

/** One delivery, as its handler has it. */
export class JobClaim implements Claim {
  readonly job: Job;
  readonly token: string;
  readonly #abort = new AbortController();
  readonly #extend: (claim: JobClaim, leaseMs: number) => number;
  #leaseExpiresAt: number;

  /** @param extend makes the lease last so long from now, at least, and says when it ends */
  constructor(
    job: Job,
    lease: { readonly token: string; readonly expiresAt: number },
    extend: (claim: JobClaim, leaseMs: number) => number,
  ) {
    this.job = job;
    this.token = lease.token;
    this.#leaseExpiresAt = lease.expiresAt;
    this.#extend = extend;
  }

  get abortSignal(): AbortSignal {
    return this.#abort.signal;
  }

  get leaseExpiresAt(): number {
    return this.#leaseExpiresAt;
  }

  async ensureLease(remaining: Duration): Promise<void> {
    this.#leaseExpiresAt = this.#extend(this, toMs(remaining, "remaining") + LEASE_MARGIN_MS);
  }

  abort(reason: WfError): void {
    this.#abort.abort(reason);
  }
}

/** What a lease lasts beyond what its handler asks for, as `Claim.ensureLease` promises. */
const LEASE_MARGIN_MS = 5_000;

/** @throws WF_INVALID_ARGUMENT for what is no claim, such as a job that was read */
export function checkClaim(claim: Claim): JobClaim {
  if (claim instanceof JobClaim) return claim;
  throw new WfError("WF_INVALID_ARGUMENT", "claim is none: give what queue.claim has given");
}

export function claimLost({ job }: Claim): WfError {
  return new WfError(
    "WF_CLAIM_LOST",
    `the claim on job ${job.id} is settled, or its lease ran out`,
  );
}
