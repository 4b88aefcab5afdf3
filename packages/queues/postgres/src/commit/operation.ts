import type { Change } from "./change.ts";
import { dedupPlace, type Picture } from "./picture.ts";
import type { PreparedEffects } from "./prepared-effects.ts";

/** Something to be decided and done in one transaction, alone or together with others. */
export interface Operation<T> {
  /** As in "could not enqueue". */
  readonly name: string;
  readonly effects: PreparedEffects;
  /** Jobs beside those of the effects whose rows it has to see. */
  readonly rows: readonly string[];
  /** The job whose delivery it ends. */
  readonly claimed: string | undefined;
  /**
   * Decides; must be ready to do so again, on another picture.
   *
   * @throws what refuses it; the others of the batch are not touched by that
   */
  decide(picture: Picture): Decision<T>;
}

export interface Decision<T> {
  readonly changes: readonly Change[];
  readonly answer: T;
}

/** What an operation reads and writes, for keeping apart what is in each other's way. */
export class Reach {
  /** KV keys whose values it has to see. */
  readonly expected: readonly string[];
  /** KV keys that it only reads. */
  readonly kvReads: readonly string[];
  readonly kvWrites: readonly string[];
  /** Dedup keys, by {@link dedupPlace}. */
  readonly places: ReadonlyMap<string, { readonly queue: string; readonly dedupKey: string }>;
  /** Jobs whose rows have to be seen. */
  readonly rows: readonly string[];
  /** Ids for new jobs that may be in use. */
  readonly newIds: readonly string[];
  readonly claimed: string | undefined;

  constructor({ effects, rows, claimed }: Operation<unknown>) {
    this.claimed = claimed;
    this.rows =
      effects.wake.length === 0 ? rows : [...rows, ...effects.wake.map(({ jobId }) => jobId)];
    const writes = new Set<string>(effects.delete);
    for (const [key] of effects.put) writes.add(key);
    const places = new Map<string, { queue: string; dedupKey: string }>();
    const newIds: string[] = [];
    for (const { id, hasOwnId, queue, dedupKey, kv } of effects.enqueue) {
      if (hasOwnId) newIds.push(id);
      if (dedupKey !== undefined) places.set(dedupPlace(queue, dedupKey), { queue, dedupKey });
      for (const [key] of kv) writes.add(key);
    }
    this.places = places;
    this.newIds = newIds;
    this.kvWrites = [...writes];
    this.expected = effects.expect.map(([key]) => key);
    this.kvReads = this.expected.filter((key) => !writes.has(key));
  }

  /** Jobs that only one operation of a batch may have to do with. */
  *jobs(): Generator<string> {
    if (this.claimed !== undefined) yield this.claimed;
    yield* this.rows;
    yield* this.newIds;
  }
}
