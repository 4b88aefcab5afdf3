export interface Sleeper {
  readonly dueAt: number;
  wake(): void;
}

/** Those who sleep, by due time; first come, first served among equals. */
export class Sleepers {
  readonly #byDueTime = new Map<number, Set<Sleeper>>();
  /** The keys of the map, latest first, so that the next one is taken off the end. */
  readonly #dueTimes: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get nextDueAt(): number | undefined {
    return this.#dueTimes.at(-1);
  }

  add(sleeper: Sleeper): void {
    const equals = this.#byDueTime.get(sleeper.dueAt);
    if (equals) {
      equals.add(sleeper);
    } else {
      this.#byDueTime.set(sleeper.dueAt, new Set([sleeper]));
      this.#dueTimes.splice(this.#position(sleeper.dueAt), 0, sleeper.dueAt);
    }
    this.#count++;
  }

  remove(sleeper: Sleeper): void {
    const equals = this.#byDueTime.get(sleeper.dueAt);
    if (!equals?.delete(sleeper)) return;
    this.#count--;
    if (equals.size > 0) return;
    this.#byDueTime.delete(sleeper.dueAt);
    this.#dueTimes.splice(this.#position(sleeper.dueAt), 1);
  }

  /** Takes out the next one that is due by `time`. */
  takeDue(time: number): Sleeper | undefined {
    const dueAt = this.nextDueAt;
    if (dueAt === undefined || dueAt > time) return undefined;
    const [next] = this.#byDueTime.get(dueAt) as Set<Sleeper>;
    this.remove(next as Sleeper);
    return next;
  }

  /** Where `dueAt` stands, or would stand, in the descending list. */
  #position(dueAt: number): number {
    let low = 0;
    let high = this.#dueTimes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#dueTimes[middle] as number) > dueAt) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
