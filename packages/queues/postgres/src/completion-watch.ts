import { type CompletionOutcome, type Job, toMs, type WaitOptions } from "@wf/core";
import { arrays } from "./database/array-parameter.ts";
import type { Database } from "./database/database.ts";
import { call, prepared, type Statement } from "./database/session.ts";
import { Gather } from "./gather.ts";
import type { Schema } from "./layout/schema-name.ts";
import type { QueueClock } from "./time/queue-clock.ts";

interface Watcher {
  /** Looks whether the job has ended; whether it was told that it has. */
  look(isTold: boolean): void;
  fail(error: unknown): void;
}

/**
 * Those who wait for jobs to end. Each leaves a row, which whoever ends the job takes to tell of it; as nothing
 * may be told, everyone looks from time to time as well.
 */
export class CompletionWatch {
  readonly #clock: QueueClock;
  readonly #getJob: (id: string) => Promise<Job | undefined>;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #rows: Gather<string, undefined>;

  constructor(
    database: Database,
    clock: QueueClock,
    schema: Schema,
    getJob: (id: string) => Promise<Job | undefined>,
  ) {
    this.#clock = clock;
    this.#getJob = getJob;
    const add = prepared(
      `INSERT INTO ${schema.quoted}.watches (job_id) SELECT DISTINCT * FROM unnest($1::text[])
      ON CONFLICT DO NOTHING`,
    );
    this.#rows = new Gather((ids) => addRows(database, add, ids));
  }

  async wait(jobId: string, options: WaitOptions): Promise<CompletionOutcome> {
    const { signal } = options;
    const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, "timeout");
    const over = new AbortController();
    try {
      return await new Promise<CompletionOutcome>((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
        this.#watch(jobId, resolve, reject, over.signal, () => {
          if (signal?.aborted) return reject(signal.reason);
          if (timeoutMs === undefined) return;
          this.#clock.sleep(timeoutMs, over.signal).then(
            () => resolve({ status: "timed_out" }),
            () => {}, // the wait has ended
          );
        });
      });
    } finally {
      over.abort("over");
    }
  }

  /** Jobs of which it was told that they have ended. */
  ended(jobIds: readonly string[]): void {
    for (const id of jobIds) {
      for (const watcher of this.#watchers.get(id) ?? []) watcher.look(true);
    }
  }

  /** Looks after all, because something may not have been told. */
  lookAfterAll(): void {
    for (const watchers of this.#watchers.values()) {
      for (const watcher of watchers) watcher.look(false);
    }
  }

  /** The queue has ended: nobody waits any longer. */
  end(error: unknown): void {
    for (const watchers of this.#watchers.values()) {
      for (const watcher of watchers) watcher.fail(error);
    }
  }

  /** @param onLive called once the job is known to be there and not to have ended */
  #watch(
    jobId: string,
    resolve: (outcome: CompletionOutcome) => void,
    reject: (error: unknown) => void,
    over: AbortSignal,
    onLive: () => void,
  ): void {
    const watchers = this.#watchersOf(jobId);
    /** Whether there was such a job when the wait began: it was seen, or has ended here since. */
    let wasThere = false;
    let isLive = false;
    const isOver = async () => {
      const job = await this.#getJob(jobId);
      if (job !== undefined && !hasEnded(job)) return false;
      const isUnknown = job === undefined && !wasThere;
      resolve(isUnknown ? { status: "not_found" } : { status: "completed", job });
      return true;
    };
    const look = async () => {
      if (await isOver()) return;
      if (!isLive) onLive();
      isLive = true;
      wasThere = true;
      // Whoever ends the job after it is looked at once more sees the row.
      await this.#rows.get(jobId);
      await isOver();
    };
    const watcher: Watcher = {
      look(isTold) {
        wasThere ||= isTold;
        look().catch(reject);
      },
      fail: reject,
    };
    watchers.add(watcher);
    over.addEventListener("abort", () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(jobId) === watchers) {
        this.#watchers.delete(jobId);
      }
    });
    watcher.look(false);
  }

  #watchersOf(jobId: string): Set<Watcher> {
    const known = this.#watchers.get(jobId);
    if (known !== undefined) return known;
    const added = new Set<Watcher>();
    this.#watchers.set(jobId, added);
    return added;
  }
}

function hasEnded({ state }: Job): boolean {
  return state === "done" || state === "dead";
}

async function addRows(
  database: Database,
  add: Statement,
  jobIds: readonly string[],
): Promise<undefined[]> {
  await database.insist("wait for a job", (session) =>
    session.commit([database.begin("synchronous_commit = off"), call(add, arrays.text(jobIds))]),
  );
  return jobIds.map(() => undefined);
}
