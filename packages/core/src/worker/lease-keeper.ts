import type { Clock } from "../clock.ts";
import { WfError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Claim } from "../queue/queue.ts";

export interface LeaseKeeperOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: as long as the first claim's lease turns out to be. */
  readonly leaseMs: number | undefined;
  /** Undefined: leases are kept for as long as the handler runs. */
  readonly maxRunMs: number | undefined;
}

/** An open claim, and until when its lease is extended. */
export interface KeptLease {
  readonly claim: Claim;
  readonly until: number;
  /** Where it is among the open ones. */
  place: number;
}

/**
 * Extends the leases of all open claims with one sleeping loop, at a third of the lease, so that a claim
 * costs no timer of its own. The loop ends when it wakes and finds no claims.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  /**
   * Open claims, in no order. One array for good, because a `Map` is made anew again and again as claims come and
   * go, and each that it leaves behind keeps its claims in memory until a full garbage collection.
   */
  readonly #kept: KeptLease[] = [];
  readonly #stopped = new AbortController();
  #running = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** Keeps the lease of the claim until what it returns is removed. */
  add(claim: Claim): KeptLease {
    const { clock, maxRunMs } = this.#options;
    const until = maxRunMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + maxRunMs;
    const kept = { claim, until, place: this.#kept.length };
    this.#kept.push(kept);
    if (!this.#running) {
      this.#running = true;
      const leaseMs = this.#options.leaseMs ?? claim.leaseExpiresAt - clock.now();
      void this.#run(Math.max(leaseMs, 1));
    }
    return kept;
  }

  remove(kept: KeptLease): void {
    if (this.#kept[kept.place] !== kept) return;
    const last = this.#kept.pop() as KeptLease;
    if (last === kept) return;
    this.#kept[kept.place] = last;
    last.place = kept.place;
  }

  /** Ends the loop's sleep, so that no timer outlives the worker. */
  stop(): void {
    this.#stopped.abort();
  }

  async #run(leaseMs: number): Promise<void> {
    const { clock } = this.#options;
    try {
      while (this.#kept.length > 0) {
        await clock.sleep(leaseMs / 3, this.#stopped.signal);
        await this.#extendAll(leaseMs);
      }
    } catch {
      // Stopped while asleep; nothing else in the loop throws.
    } finally {
      this.#running = false;
    }
  }

  async #extendAll(leaseMs: number): Promise<void> {
    const now = this.#options.clock.now();
    const extending: Promise<void>[] = [];
    for (const kept of [...this.#kept]) {
      if (now >= kept.until) this.remove(kept);
      else extending.push(this.#extend(kept, leaseMs));
    }
    await Promise.all(extending);
  }

  async #extend(kept: KeptLease, leaseMs: number): Promise<void> {
    const { claim } = kept;
    try {
      await claim.ensureLease(leaseMs);
    } catch (error) {
      // The claim's abortSignal tells its handler.
      if (WfError.is(error, "WF_CLAIM_LOST")) return this.remove(kept);
      this.#options.logger.warn(
        { jobId: claim.job.id, err: error },
        "could not extend the lease of a running job; will try again",
      );
    }
  }
}
