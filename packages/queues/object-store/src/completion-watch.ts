import { type Clock, toMs, type WaitOptions } from "@wf/core";
import type { JobRecord } from "./state/job-record.ts";

interface Watcher {
  finished(): void;
  fail(error: unknown): void;
}

/** Those who wait for jobs to end. */
export class CompletionWatch {
  readonly #clock: Clock;
  readonly #watchers = new Map<string, Set<Watcher>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `finished` is told of the job, or when the time is up. */
  async wait(jobId: string, options: WaitOptions): Promise<"ended" | "timed_out"> {
    const { signal } = options;
    const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, "timeout");
    signal?.throwIfAborted();
    const ended = new AbortController();
    const watchers = this.#watchersOf(jobId);
    let watcher: Watcher | undefined;
    try {
      return await new Promise<"ended" | "timed_out">((resolve, reject) => {
        watcher = { finished: () => resolve("ended"), fail: reject };
        watchers.add(watcher);
        signal?.addEventListener("abort", () => reject(signal.reason), { signal: ended.signal });
        if (timeoutMs === undefined) return;
        this.#clock.sleep(timeoutMs, ended.signal).then(
          () => resolve("timed_out"),
          () => {}, // the wait has ended
        );
      });
    } finally {
      ended.abort();
      if (watcher !== undefined) watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(jobId);
    }
  }

  finished(job: JobRecord): void {
    for (const watcher of this.#watchers.get(job.id) ?? []) watcher.finished();
  }

  /** The queue has ended: nobody waits any longer. */
  end(error: unknown): void {
    for (const watchers of this.#watchers.values()) {
      for (const watcher of watchers) watcher.fail(error);
    }
  }

  #watchersOf(jobId: string): Set<Watcher> {
    const known = this.#watchers.get(jobId);
    if (known !== undefined) return known;
    const added = new Set<Watcher>();
    this.#watchers.set(jobId, added);
    return added;
  }
}
