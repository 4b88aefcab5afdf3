import { CLAIMED, PENDING, type SCHEDULED } from "../layout/migrations.ts";
import type { Change } from "./change.ts";

/** A job that has not ended, as far as a decision needs it. */
export interface JobRow {
  readonly id: string;
  readonly queue: string;
  readonly state: typeof PENDING | typeof SCHEDULED | typeof CLAIMED;
  readonly token: string | undefined;
  readonly dedupKey: string | undefined;
  readonly cancelRequested: boolean;
  /** Whether it may be claimed now, by time too. */
  readonly isDue: boolean;
  readonly leaseIsOver: boolean;
}

/** A job that has ended and is kept. */
export interface FinishedRow {
  readonly queue: string;
  readonly isDead: boolean;
}

/** A dedup key of a queue as one text, which no other queue and key have. */
export function dedupPlace(queue: string, dedupKey: string): string {
  return `${queue.length} ${queue}${dedupKey}`;
}

/**
 * What the operations of one batch look at: what a transaction has read and locked, and over that what
 * the operations before have changed.
 */
export class Picture {
  readonly jobs = new Map<string, JobRow>();
  readonly finished = new Map<string, FinishedRow>();
  readonly #kv = new Map<string, Uint8Array>();
  readonly #usedIds = new Set<string>();
  /** Who holds a dedup key. */
  readonly #holders = new Map<string, string>();
  /** Whether claims were read. If not, they are taken to be open, and the writes fail where one is not. */
  readonly readsClaims: boolean;

  constructor(readsClaims: boolean) {
    this.readsClaims = readsClaims;
  }

  showKv(key: string, value: Uint8Array): void {
    this.#kv.set(key, value);
  }

  showUsedId(id: string): void {
    this.#usedIds.add(id);
  }

  showHolder(place: string, id: string): void {
    this.#holders.set(place, id);
  }

  kv(key: string): Uint8Array | undefined {
    return this.#kv.get(key);
  }

  isUsed(id: string): boolean {
    return this.#usedIds.has(id);
  }

  holderOf(queue: string, dedupKey: string): string | undefined {
    return this.#holders.get(dedupPlace(queue, dedupKey));
  }

  /** Whether the delivery is still the job's. */
  hasClaim(id: string, token: string): boolean {
    if (!this.readsClaims) return true;
    const job = this.jobs.get(id);
    return job?.state === CLAIMED && job.token === token;
  }

  /** Queues of the jobs that are locked and pending, and stay so unless they are removed. */
  *pendingQueues(): Generator<string> {
    for (const { state, queue } of this.jobs.values()) if (state === PENDING) yield queue;
  }

  /** Shows the changes to the operations that follow. */
  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case "put":
          this.#kv.set(change.key, change.value);
          break;
        case "delete":
          this.#kv.delete(change.key);
          break;
        case "insert": {
          const { id, queue, dedupKey } = change.job;
          this.#usedIds.add(id);
          if (dedupKey !== undefined) this.#holders.set(dedupPlace(queue, dedupKey), id);
          break;
        }
        case "remove":
          this.#release(change.id);
          break;
      }
    }
  }

  #release(id: string): void {
    this.#usedIds.delete(id);
    const { queue, dedupKey } = this.jobs.get(id) as JobRow;
    if (dedupKey !== undefined) this.#holders.delete(dedupPlace(queue, dedupKey));
  }
}
