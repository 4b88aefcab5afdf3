import type { Queue } from "../queue/queue.ts";
import type { RunOutcome } from "./run.ts";

type Ending = Promise<RunOutcome | undefined>;

/** Told by {@link Endings} of the end of one run, as soon as that is being committed in this process. */
export class EndWatch {
  /** Resolves once the commit is through; to undefined where it failed. */
  ending: Ending | undefined;
  #onEnding: (() => void) | undefined;

  tell(ending: Ending): void {
    this.ending = ending;
    this.#onEnding?.();
  }

  /** Calls `told` at the next end that is being committed. */
  onEnding(told: () => void): void {
    this.#onEnding = told;
  }
}

/**
 * The ends of runs that this process commits, for those in it who wait for one: the outcome need not be
 * kept anywhere for them. Only a short cut; what it does not know is in the queue, or nowhere.
 */
export class Endings {
  readonly #underWay = new Map<string, Ending>();
  readonly #watches = new Map<string, Set<EndWatch>>();

  /** Of all runtimes on `queue`. */
  static of(queue: Queue): Endings {
    let endings = BY_QUEUE.get(queue);
    if (endings === undefined) {
      endings = new Endings();
      BY_QUEUE.set(queue, endings);
    }
    return endings;
  }

  /** Commits the end of a run by `commit`, which says whether the run has ended by it. */
  async commit(outcome: RunOutcome, commit: () => Promise<boolean>): Promise<void> {
    const { runId } = outcome;
    const committing = commit();
    const ending = committing.then(
      (ended) => (ended ? outcome : undefined),
      () => undefined,
    );
    this.#underWay.set(runId, ending);
    for (const watch of this.#watches.get(runId) ?? []) watch.tell(ending);
    try {
      await committing;
    } finally {
      if (this.#underWay.get(runId) === ending) this.#underWay.delete(runId);
    }
  }

  watch(runId: string): EndWatch {
    const watch = new EndWatch();
    watch.ending = this.#underWay.get(runId);
    const watches = this.#watches.get(runId);
    if (watches === undefined) this.#watches.set(runId, new Set([watch]));
    else watches.add(watch);
    return watch;
  }

  unwatch(runId: string, watch: EndWatch): void {
    const watches = this.#watches.get(runId);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(runId);
  }
}

const BY_QUEUE = new WeakMap<Queue, Endings>();
