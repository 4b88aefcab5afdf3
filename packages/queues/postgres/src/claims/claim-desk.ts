import { WfError } from "@wf/core";
import type { QueueClock } from "../time/queue-clock.ts";
import type { ClaimRequest } from "./claim-work.ts";
import { Floors, type Place } from "./floors.ts";
import type { JobClaim } from "./job-claim.ts";

/** Jobs that one statement claims at most. */
const MAX_AT_ONCE = 1_000;
/** How long those who wait leave a database alone that has failed for longer than a call goes on trying. */
const REST_MS = 1_000;

interface Waiter {
  readonly max: number;
  readonly leaseMs: number;
  readonly waitMs: number;
  /** When the wait ends, as far as was known when the clock was last looked at. */
  deadline: number;
  /** Whether a statement has looked for jobs on its behalf. */
  hasLooked: boolean;
  give(claims: JobClaim[]): void;
  fail(error: unknown): void;
}

/** Those who claim from one queue, in the order in which they came. */
interface Line {
  readonly waiters: Set<Waiter>;
  isBusy: boolean;
  /** Something may have come since the statement under way began. */
  isStale: boolean;
}

export interface ClaimDeskOptions {
  readonly clock: QueueClock;
  /** Claims jobs, in claim order. */
  readonly claim: (request: ClaimRequest) => Promise<JobClaim[]>;
  /** Told of what is given out. */
  readonly onClaimed: (claims: readonly JobClaim[]) => void;
  /** Told of what was claimed for somebody who has left meanwhile. */
  readonly onUnwanted: (claims: readonly JobClaim[]) => void;
  /** Told where nobody is left to give jobs to, and there may be more of them from `place` on. */
  readonly onMore: (queue: string, place: Place) => void;
  /** Asks to be called back by {@link ClaimDesk.expireWaits} at that time. */
  readonly onDeadline: (at: number) => void;
}

/** Gives pending jobs out: those who wait for one queue share the statements. */
export class ClaimDesk {
  readonly #options: ClaimDeskOptions;
  readonly #lines = new Map<string, Line>();
  readonly #floors = new Floors();
  readonly #stopped = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ClaimDeskOptions) {
    this.#options = options;
  }

  /** Claims up to `max` jobs, waiting for the first for `waitMs`. */
  claim(
    queue: string,
    max: number,
    leaseMs: number,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<JobClaim[]> {
    return new Promise((resolve, reject) => {
      const line = this.#lineOf(queue);
      const leave = () => {
        line.waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        max,
        leaseMs,
        waitMs: signal?.aborted ? 0 : waitMs,
        deadline: Number.POSITIVE_INFINITY,
        hasLooked: false,
        give(claims) {
          leave();
          resolve(claims);
        },
        fail(error) {
          leave();
          reject(error);
        },
      };
      const onAbort = () => waiter.give([]);
      deadlineOf(waiter, this.#options.clock.now());
      line.waiters.add(waiter);
      signal?.addEventListener("abort", onAbort);
      this.#serve(queue);
    });
  }

  /** Jobs of the queue have become pending, or may have; `lowest` is the first place, where that is known. */
  ready(queue: string, lowest: Place | undefined): void {
    this.#floors.lower(queue, lowest);
    if (this.#lines.has(queue)) this.#serve(queue);
  }

  /** Jobs of any queue may have become pending. */
  allReady(): void {
    this.#floors.reset();
    for (const queue of this.#lines.keys()) this.#serve(queue);
  }

  /** How many jobs of the queue could be given out at once. */
  roomFor(queue: string): number {
    let room = 0;
    for (const { max } of this.#lines.get(queue)?.waiters ?? []) room += max;
    return room;
  }

  /** Ends the waits whose deadline has come. Gives the next deadline. */
  expireWaits(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { waiters } of this.#lines.values()) {
      for (const waiter of waiters) {
        const deadline = deadlineOf(waiter, now);
        if (deadline > now) next = Math.min(next, deadline);
        // Else it is answered by the statement that looks for it.
        else if (waiter.hasLooked) waiter.give([]);
      }
    }
    return next;
  }

  /** The queue has ended: nobody waits any longer. */
  end(error: WfError): void {
    this.#stopped.abort(error);
    for (const { waiters } of this.#lines.values()) {
      for (const waiter of waiters) waiter.fail(error);
    }
  }

  /** Resolves when no statement is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #lineOf(queue: string): Line {
    const known = this.#lines.get(queue);
    if (known !== undefined) return known;
    const added = { waiters: new Set<Waiter>(), isBusy: false, isStale: false };
    this.#lines.set(queue, added);
    return added;
  }

  #serve(queue: string): void {
    const line = this.#lineOf(queue);
    line.isStale = true;
    if (line.isBusy) return;
    line.isBusy = true;
    // Those who claim at this moment shall share the statement.
    queueMicrotask(() => {
      const running = this.#run(queue, line);
      this.#running.add(running);
      void running.then(() => this.#running.delete(running));
    });
  }

  async #run(queue: string, line: Line): Promise<void> {
    while (line.isStale && line.waiters.size > 0) {
      line.isStale = false;
      const present = [...line.waiters];
      try {
        await this.#serveOnce(queue, line, present);
      } catch (error) {
        await this.#endure(line, present, error);
      }
    }
    line.isBusy = false;
    if (line.waiters.size === 0) this.#lines.delete(queue);
  }

  /** Claims for those present whose leases are as long as the first one's. */
  async #serveOnce(queue: string, line: Line, present: readonly Waiter[]): Promise<void> {
    const [{ leaseMs }] = present as [Waiter];
    const served: Waiter[] = [];
    let max = 0;
    for (const waiter of present) {
      if (waiter.leaseMs !== leaseMs || max >= MAX_AT_ONCE) break;
      served.push(waiter);
      max += waiter.max;
    }
    const asked = Math.max(Math.min(max, MAX_AT_ONCE), (served[0] as Waiter).max);
    const from = this.#floors.begin(queue);
    const claims = await this.#options.claim({ queue, max: asked, leaseMs, from });
    const isAll = claims.length < asked;
    const last = claims.at(-1);
    if (last !== undefined) this.#floors.passed(queue, last.job);
    for (const waiter of served) {
      if (claims.length === 0) break;
      if (!line.waiters.has(waiter)) continue;
      const given = claims.splice(0, waiter.max);
      this.#options.onClaimed(given);
      waiter.give(given);
    }
    if (claims.length > 0) this.#options.onUnwanted(claims);
    if (isAll) return this.#dismissThoseWhoLooked(present, line);
    line.isStale = true;
    if (line.waiters.size === 0 && last !== undefined) this.#options.onMore(queue, last.job);
  }

  /** Nothing is pending: those who looked and do not wait have their answer. */
  #dismissThoseWhoLooked(present: readonly Waiter[], line: Line): void {
    const now = this.#options.clock.now();
    for (const waiter of present) {
      if (!line.waiters.has(waiter)) continue;
      waiter.hasLooked = true;
      const deadline = deadlineOf(waiter, now);
      if (deadline <= now) waiter.give([]);
      else this.#options.onDeadline(deadline);
    }
  }

  /** Those who do not wait are told; the others wait on. */
  async #endure(line: Line, present: readonly Waiter[], error: unknown): Promise<void> {
    const { clock } = this.#options;
    const isPassing = WfError.is(error, "WF_STORE_UNAVAILABLE");
    const now = clock.now();
    for (const waiter of present) {
      if (!line.waiters.has(waiter)) continue;
      if (!isPassing || deadlineOf(waiter, now) <= now) waiter.fail(error);
    }
    if (line.waiters.size === 0) return;
    await clock.sleep(REST_MS, this.#stopped.signal).catch(() => {}); // closed
    line.isStale = true;
  }
}

/** When the wait ends: never more than its length from now, however far the clock was set back since it began. */
function deadlineOf(waiter: Waiter, now: number): number {
  waiter.deadline = Math.min(waiter.deadline, now + waiter.waitMs);
  return waiter.deadline;
}
