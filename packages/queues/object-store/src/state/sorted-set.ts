import sortedBtree from "sorted-btree";

// The package is CommonJS: Node imports its `exports`, Bun what is the `default` of these.
const BTree = sortedBtree.default ?? (sortedBtree as unknown as typeof sortedBtree.default);

/** Items in the order of `compare`, each once. What an item is compared by must not change while it is in. */
export class SortedSet<T extends K, K = T> {
  readonly #tree: InstanceType<typeof BTree<K, undefined>>;

  constructor(compare: (a: K, b: K) => number) {
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
}
