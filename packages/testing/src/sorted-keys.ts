/** Removed keys are dropped once they outnumber the others by more than this. */
const SLACK = 1_024;

/**
 * The keys of a map in ascending order, sorted when they are asked for and not when they are added: a log
 * is written in order and listed rarely. Removed keys may still be among them.
 */
export class SortedKeys {
  readonly #objects: ReadonlyMap<string, unknown>;
  /** Undefined: to be sorted anew. Otherwise every key of the map is in it, and removed ones may be. */
  #sorted: string[] | undefined = [];

  constructor(objects: ReadonlyMap<string, unknown>) {
    this.#objects = objects;
  }

  /** `key` is new in the map. */
  added(key: string): void {
    const sorted = this.#sorted;
    if (sorted === undefined) return;
    const last = sorted.at(-1);
    const removed = sorted.length - this.#objects.size;
    if ((last === undefined || key > last) && removed <= this.#objects.size + SLACK) {
      sorted.push(key);
    } else {
      this.#sorted = undefined;
    }
  }

  /** The keys that are not below `first`, as they are now; keys added meanwhile may follow. */
  *from(first: string): Generator<string> {
    this.#sorted ??= [...this.#objects.keys()].sort();
    const sorted = this.#sorted;
    for (let i = lowerBound(sorted, first); i < sorted.length; i++) yield sorted[i] as string;
  }
}

function lowerBound(sorted: readonly string[], first: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < first) low = middle + 1;
    else high = middle;
  }
  return low;
}
