import { systemRandom } from "@wf/core";

/** A power of two. Each shard grows by itself, so that no rebuild stops the process for long. */
const SHARDS = 256;
const SHARD_BITS = 8;
const FIRST_CAPACITY = 8;

/**
 * Items by a string of theirs. Like a `Map`, and for long lives of short-lived items: V8 keeps a chain from each
 * table that a `Map` has outgrown or cleaned up to the next, and once such a table is old, all that was ever in
 * the chain stays in memory until a full garbage collection and is moved on the way there. Here an item that is
 * taken out is forgotten at once.
 */
export class StringTable<T extends object> {
  readonly #shards: Shard<T>[];
  #size = 0;

  constructor(keyOf: (item: T) => string) {
    this.#shards = Array.from({ length: SHARDS }, () => new Shard(keyOf));
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    const hash = hashOf(key);
    return this.#shardOf(hash).get(hash, key);
  }

  /** What had that key before, and is out now. */
  set(key: string, item: T): T | undefined {
    const hash = hashOf(key);
    const before = this.#shardOf(hash).set(hash, key, item);
    if (before === undefined) this.#size++;
    return before;
  }

  /** What had that key, and is out now. */
  delete(key: string): T | undefined {
    const hash = hashOf(key);
    const before = this.#shardOf(hash).delete(hash, key);
    if (before !== undefined) this.#size--;
    return before;
  }

  /** In no order. Nothing may change meanwhile. */
  *values(): Generator<T> {
    for (const shard of this.#shards) yield* shard.values();
  }

  #shardOf(hash: number): Shard<T> {
    return this.#shards[hash & (SHARDS - 1)] as Shard<T>;
  }
}

/** An open-addressed table, probed linearly. */
class Shard<T extends object> {
  readonly #keyOf: (item: T) => string;
  /** The hash of the item in each place, 0 in a free one. */
  #hashes = new Int32Array(FIRST_CAPACITY);
  #items = new Array<T | undefined>(FIRST_CAPACITY).fill(undefined);
  #size = 0;

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  get(hash: number, key: string): T | undefined {
    return this.#items[this.#find(hash, key)];
  }

  set(hash: number, key: string, item: T): T | undefined {
    const place = this.#find(hash, key);
    const before = this.#items[place];
    this.#hashes[place] = hash;
    this.#items[place] = item;
    if (before === undefined && ++this.#size > this.#items.length * 0.75) this.#grow();
    return before;
  }

  delete(hash: number, key: string): T | undefined {
    let free = this.#find(hash, key);
    const before = this.#items[free];
    if (before === undefined) return undefined;
    this.#size--;
    // What was probed past this place moves up, so that no search ends here.
    const mask = this.#items.length - 1;
    for (let place = (free + 1) & mask; this.#hashes[place] !== 0; place = (place + 1) & mask) {
      const other = this.#hashes[place] as number;
      if (((place - homeOf(other)) & mask) < ((place - free) & mask)) continue;
      this.#hashes[free] = other;
      this.#items[free] = this.#items[place];
      free = place;
    }
    this.#hashes[free] = 0;
    this.#items[free] = undefined;
    return before;
  }

  *values(): Generator<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }

  /** Where the key is, or would be. */
  #find(hash: number, key: string): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let place = homeOf(hash) & mask;
    for (; hashes[place] !== 0; place = (place + 1) & mask) {
      if (hashes[place] === hash && this.#keyOf(this.#items[place] as T) === key) break;
    }
    return place;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const items = this.#items;
    const capacity = items.length * 2;
    this.#hashes = new Int32Array(capacity);
    this.#items = new Array<T | undefined>(capacity).fill(undefined);
    for (let from = 0; from < items.length; from++) {
      const hash = hashes[from] as number;
      if (hash === 0) continue;
      let place = homeOf(hash) & (capacity - 1);
      while (this.#hashes[place] !== 0) place = (place + 1) & (capacity - 1);
      this.#hashes[place] = hash;
      this.#items[place] = items[from];
    }
    items.length = 0;
  }
}

/** Another one in each process, so that nobody can choose keys that all meet in one place. */
const SEED = Math.floor(systemRandom() * 2 ** 32) | 0;

/** FNV-1a over the UTF-16 units from a secret start, never 0. */
function hashOf(key: string): number {
  let hash = SEED;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash ^= hash >>> 15;
  return hash === 0 ? 1 : hash;
}

function homeOf(hash: number): number {
  return hash >>> SHARD_BITS;
}
