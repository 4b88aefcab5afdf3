import { Bag } from "../state/bag.ts";
import { SortedSet } from "../state/sorted-set.ts";
import type { JobClaim } from "./job-claim.ts";

/** The claims under way by the end of their leases, which those that were given out together share. */
export class Leases {
  readonly #byExpiry = new Map<number, Bag<JobClaim>>();
  readonly #expiries = new SortedSet<number>((a, b) => a - b);

  /** The claim's `leaseExpiresAt` must not change while it is in. */
  add(claim: JobClaim): void {
    const expiresAt = claim.leaseExpiresAt;
    let claims = this.#byExpiry.get(expiresAt);
    if (claims === undefined) {
      claims = new Bag();
      this.#byExpiry.set(expiresAt, claims);
      this.#expiries.add(expiresAt);
    }
    claims.add(claim);
  }

  delete(claim: JobClaim): void {
    const expiresAt = claim.leaseExpiresAt;
    const claims = this.#byExpiry.get(expiresAt) as Bag<JobClaim>;
    claims.delete(claim);
    if (claims.size > 0) return;
    this.#byExpiry.delete(expiresAt);
    this.#expiries.delete(expiresAt);
  }

  /** From the one that ends first. */
  *[Symbol.iterator](): Generator<JobClaim> {
    for (const expiresAt of this.#expiries.from()) {
      yield* this.#byExpiry.get(expiresAt) as Bag<JobClaim>;
    }
  }
}
