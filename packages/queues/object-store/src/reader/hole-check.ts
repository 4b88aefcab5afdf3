import type { ObjectStore } from "@wf/core";
import { slotKey } from "../layout/keys.ts";
import { comparePositions, type Position } from "../layout/position.ts";
import { damaged, decodeSlot } from "../layout/segment.ts";
import { findSnapshot, isNewer } from "../snapshot/find-snapshot.ts";

/** Later slots of the epoch that are asked what they know, the newest ones. */
const MAX_WITNESSES = 64;

/**
 * Tells why a slot is not there while later ones are. A write that is on its way, or was cut off by a crash,
 * leaves such a hole; so do the collection of the slot and its loss.
 */
export class HoleCheck {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  #hole: Position | undefined;
  /** Objects that do not know of the slot in the hole, which they never will. */
  #innocent = new Set<string>();

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /**
   * Whether the hole has been filled since it was seen. False: it never was filled until now.
   *
   * @param later what was listed after the hole was seen, or with it
   * @throws WF_DATA_CORRUPT when the slot was collected, and when it was lost
   */
  async isFilled(hole: Position, later: readonly Position[]): Promise<boolean> {
    const key = slotKey(this.#prefix, hole.epoch, hole.slot);
    const newest = await findSnapshot(this.#store, this.#prefix);
    if (isNewer(newest, hole)) throw damaged(key, "it is missing");
    if (this.#hole === undefined || comparePositions(this.#hole, hole) !== 0) {
      this.#hole = hole;
      this.#innocent = new Set();
    }
    const witness = await this.#findWitness(hole, later);
    if (witness === undefined) return false;
    if ((await this.#store.get(key)) !== undefined) return true;
    throw damaged(key, `it is missing, and ${witness} shows that it was there`);
  }

  /** An object that is only there because the slot was filled when it was made. */
  async #findWitness(hole: Position, later: readonly Position[]): Promise<string | undefined> {
    const ofEpoch = later.filter(({ epoch, slot }) => epoch === hole.epoch && slot > hole.slot);
    // An owner writes segments only after every earlier epoch was sealed.
    const firstOfLater = later.filter(({ epoch, slot }) => epoch > hole.epoch && slot === 0);
    for (const place of [...ofEpoch.slice(-MAX_WITNESSES), ...firstOfLater]) {
      const key = slotKey(this.#prefix, place.epoch, place.slot);
      if (this.#innocent.has(key)) continue;
      const stored = await this.#store.get(key);
      if (stored === undefined) continue;
      const found = decodeSlot(key, stored, place);
      const isWitness =
        place.epoch === hole.epoch ? found.knownSlots > hole.slot : found.kind === "segment";
      if (isWitness) return key;
      this.#innocent.add(key);
    }
    return undefined;
  }
}
