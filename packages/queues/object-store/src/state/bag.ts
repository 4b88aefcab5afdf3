/** Where an item is in its bag. */
export interface Placed {
  /** -1 while it is in none. */
  place: number;
}

/**
 * Items in no order, in one array for good: a `Set` is made anew again and again as items come and go, and each
 * that it leaves behind keeps its items in memory until a full garbage collection.
 */
export class Bag<T extends Placed> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.place = this.#items.push(item) - 1;
  }

  delete(item: T): void {
    const last = this.#items.pop() as T;
    if (last !== item) {
      this.#items[item.place] = last;
      last.place = item.place;
    }
    item.place = -1;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }
}
