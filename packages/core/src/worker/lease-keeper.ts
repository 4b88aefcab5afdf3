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

/**
 * Extends the leases of all open claims with one sleeping loop, at a third of the lease, so that a claim
 * costs no timer of its own. The loop ends when it wakes and finds no claims.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  /** Open claims, and until when their leases are extended. */
  readonly #keptUntil = new Map<Claim, number>();
  readonly #stopped = new AbortController();
  #running = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  add(claim: Claim): void {
    const { clock, maxRunMs } = this.#options;
    this.#keptUntil.set(
      claim,
      maxRunMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + maxRunMs,
    );
    if (!this.#running) {
      this.#running = true;
      const leaseMs = this.#options.leaseMs ?? claim.leaseExpiresAt - clock.now();
      void this.#run(Math.max(leaseMs, 1));
    }
  }

  remove(claim: Claim): void {
    this.#keptUntil.delete(claim);
  }

  /** Ends the loop's sleep, so that no timer outlives the worker. */
  stop(): void {
    this.#stopped.abort();
  }

  async #run(leaseMs: number): Promise<void> {
    const { clock } = this.#options;
    try {
      while (this.#keptUntil.size > 0) {
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
    for (const [claim, keptUntil] of this.#keptUntil) {
      if (now >= keptUntil) this.#keptUntil.delete(claim);
      else extending.push(this.#extend(claim, leaseMs));
    }
    await Promise.all(extending);
  }

  async #extend(claim: Claim, leaseMs: number): Promise<void> {
    try {
      await claim.ensureLease(leaseMs);
    } catch (error) {
      // The claim's abortSignal tells its handler.
      if (WfError.is(error, "WF_CLAIM_LOST")) return this.remove(claim);
      this.#options.logger.warn(
        { jobId: claim.job.id, err: error },
        "could not extend the lease of a running job; will try again",
      );
    }
  }
}
