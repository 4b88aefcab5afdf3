import type { ObjectStore } from "@wf/core";
import { slotKey } from "../layout/keys.ts";
import type { Position } from "../layout/position.ts";

/** Slots that are read at the same time. */
const READ_AHEAD = 16;

/** Reads the slots that were listed one after the other, across epochs, with the next ones on their way. */
export class SlotReads {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  /** Ascending. */
  readonly #listed: readonly Position[];
  /** Of those listed, how many are behind the reader. */
  #passed = 0;
  /** Reads under way or done, by the place in the listing. */
  readonly #ahead = new Map<number, Promise<Uint8Array | undefined>>();

  constructor(store: ObjectStore, prefix: string, listed: readonly Position[]) {
    this.#store = store;
    this.#prefix = prefix;
    this.#listed = listed;
  }

  /** The slot's bytes; undefined where it was not listed, or is gone. Never a slot before the last one. */
  async read(position: Position): Promise<Uint8Array | undefined> {
    while (this.#isBefore(position)) this.#ahead.delete(this.#passed++);
    const found = this.#listed[this.#passed];
    if (found?.epoch !== position.epoch || found.slot !== position.slot) return undefined;
    const end = Math.min(this.#passed + READ_AHEAD, this.#listed.length);
    for (let next = this.#passed; next < end; next++) {
      if (!this.#ahead.has(next)) this.#ahead.set(next, this.#get(this.#listed[next] as Position));
    }
    return this.#ahead.get(this.#passed);
  }

  #isBefore({ epoch, slot }: Position): boolean {
    const at = this.#listed[this.#passed];
    return at !== undefined && (at.epoch < epoch || (at.epoch === epoch && at.slot < slot));
  }

  #get({ epoch, slot }: Position): Promise<Uint8Array | undefined> {
    const reading = this.#store.get(slotKey(this.#prefix, epoch, slot));
    reading.catch(() => {}); // reported where it is awaited
    return reading;
  }
}
