import sortedBtree from "sorted-btree";

// The package is CommonJS: Node imports its `exports`, Bun what is the `default` of these.
const BTree = sortedBtree.default ?? (sortedBtree as unknown as typeof sortedBtree.default);

/** Few enough to be copied without a pause. */
const WALK_BATCH = 256;

/** Items in the order of `compare`, each once. What an item is compared by must not change while it is in. */
export class SortedSet<T extends K, K = T> {
  readonly #compare: (a: K, b: K) => number;
  readonly #tree: InstanceType<typeof BTree<K, undefined>>;

  constructor(compare: (a: K, b: K) => number) {
    this.#compare = compare;
    this.#tree = new BTree<K, undefined>(undefined, compare);
  }

  get size(): number {
    return this.#tree.size;
  }

  add(item: T): void {
    this.#tree.set(item, undefined);
  }

  delete(item: T): void {
    this.#tree.delete(item);
  }

  first(): T | undefined {
    return this.#tree.minKey() as T | undefined;
  }

  /** The first item after the place of `key`, whether or not that is in. */
  after(key: K): T | undefined {
    return this.#tree.nextHigherKey(key) as T | undefined;
  }

  /** Items from the place of `key` on, itself included; from the first without it. */
  from(key?: K): IterableIterator<T> {
    return this.#tree.keys(key) as IterableIterator<T>;
  }

  /**
   * All items in order, safe against changes meanwhile: what stays in is met once, what comes or goes may be met
   * or not.
   *
   * @param placeOf a copy of what the item is compared by
   */
  *walk(placeOf: (item: T) => K): Generator<T> {
    let after: K | undefined;
    for (;;) {
      const batch = this.#batchAfter(after);
      const last = batch.at(-1);
      if (last === undefined) return;
      after = placeOf(last);
      yield* batch;
    }
  }

  #batchAfter(after: K | undefined): T[] {
    const batch: T[] = [];
    for (const item of this.from(after)) {
      if (after !== undefined && this.#compare(item, after) === 0) continue;
      batch.push(item);
      if (batch.length === WALK_BATCH) break;
    }
    return batch;
  }
}
