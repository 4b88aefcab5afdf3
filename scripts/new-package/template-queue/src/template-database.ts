import type { BackoffOptions, Effects, Job, JobAttempt } from "@wf/core";

/** A job and what goes with it. Rows are replaced and never changed, so that what was read stays as it was. */
export interface JobRow {
  readonly job: Job;
  readonly backoff: BackoffOptions | undefined;
  readonly onDead: Effects | undefined;
  readonly history: readonly JobAttempt[];
  /** Of the delivery under way. */
  readonly lease: { readonly token: string; readonly expiresAt: number } | undefined;
}

/**
 * Where a {@link TemplateQueue} keeps everything: tables in the memory of this process. Put the real database in its
 * place; what it has to give is a transaction over several rows.
 */
export class TemplateDatabase {
  readonly #jobs = new Map<string, JobRow>();
  readonly #entries = new Map<string, Uint8Array>();
  readonly #doneCounts = new Map<string, number>();
  #undo: (() => void)[] = [];
  #newestId = { time: 0, count: 0 };
  /** The queue that was opened last: the only one that may change anything. @internal */
  owner: object | undefined;

  /** Runs `work` as one transaction: when it throws, nothing of it was done. @internal */
  transaction<T>(work: () => T): T {
    this.#undo = [];
    try {
      return work();
    } catch (error) {
      for (const step of this.#undo.reverse()) step();
      throw error;
    }
  }

  /** All rows by job id. @internal */
  get jobs(): ReadonlyMap<string, JobRow> {
    return this.#jobs;
  }

  /** The key-value store. @internal */
  get entries(): ReadonlyMap<string, Uint8Array> {
    return this.#entries;
  }

  /** Jobs ever acknowledged, by the name of each queue that ever had a job. @internal */
  get doneCounts(): ReadonlyMap<string, number> {
    return this.#doneCounts;
  }

  /** Undefined removes it. @internal */
  setJob(id: string, row: JobRow | undefined): void {
    this.#set(this.#jobs, id, row);
  }

  /** Undefined removes it. @internal */
  setEntry(key: string, value: Uint8Array | undefined): void {
    this.#set(this.#entries, key, value);
  }

  /** @internal */
  setDoneCount(queue: string, count: number): void {
    this.#set(this.#doneCounts, queue, count);
  }

  /** An id that is greater than every one before it, whatever the clock does. @internal */
  nextId(now: number): string {
    const { time, count } = this.#newestId;
    this.#newestId = now > time ? { time: now, count: 0 } : { time, count: count + 1 };
    const digits = (value: number, length: number) => value.toString(36).padStart(length, "0");
    return `${digits(this.#newestId.time, 10)}${digits(this.#newestId.count, 8)}`;
  }

  #set<V>(table: Map<string, V>, key: string, value: V | undefined): void {
    const before = table.get(key);
    this.#undo.push(() => put(table, key, before));
    put(table, key, value);
  }
}

function put<V>(table: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) table.delete(key);
  else table.set(key, value);
}
