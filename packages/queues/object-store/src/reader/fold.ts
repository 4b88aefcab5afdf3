import type { Position } from "../layout/position.ts";
import { comparePositions } from "../layout/position.ts";
import type { Seal, Segment } from "../layout/segment.ts";
import { damaged, readOps } from "../layout/segment.ts";
import { QueueState } from "../state/queue-state.ts";

/** How an epoch ended. */
export interface EpochEnd {
  readonly epoch: number;
  /** As in {@link Seal}. */
  readonly sealedBy: number;
}

/** A state, and how much of the log is in it: whole segments, in their order, without a hole. */
export class Fold {
  readonly state = new QueueState();
  #position: Position;
  #lastEnd: EpochEnd | undefined;
  #doubtedSeal: Position | undefined;
  #isBroken = false;

  /** @param position what the state is to begin with: all that the log holds before this slot */
  constructor(position: Position) {
    this.#position = position;
  }

  /** The next slot. */
  get position(): Position {
    return this.#position;
  }

  /** An epoch that exists, or 0. */
  get knownEpoch(): number {
    const { epoch, slot } = this.#position;
    return slot > 0 ? epoch : epoch - 1;
  }

  /** The end of the newest epoch that was read to its end here. */
  get lastEnd(): EpochEnd | undefined {
    return this.#lastEnd;
  }

  /**
   * Up to where the log is certainly what was read: the first seal that another owner put, until it is known
   * that its slot had not been collected before.
   */
  get certainTo(): Position {
    return this.#doubtedSeal ?? this.#position;
  }

  /** A segment was applied in part: what is here is no state that ever was. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Applies the segment in the next slot, whole or, where it cannot be read, not at all. */
  apply(key: string, segment: Segment): void {
    const ops = [...readOps(key, segment)];
    try {
      for (const op of ops) this.state.apply(op);
    } catch (error) {
      this.#isBroken = true;
      throw damaged(key, `a record does not follow from those before: ${(error as Error).message}`);
    }
    this.#position = { ...this.#position, slot: this.#position.slot + 1 };
  }

  /** Takes the seal in the next slot as the end of the epoch. */
  endEpoch({ sealedBy }: Seal): void {
    const { epoch } = this.#position;
    this.#lastEnd = { epoch, sealedBy };
    // An owner knows where its own log ends.
    if (sealedBy !== epoch) this.#doubtedSeal ??= this.#position;
    this.#position = { epoch: epoch + 1, slot: 0 };
  }

  /** The newest snapshot shows that no slot after it had been collected. */
  trustSeals(newestSnapshot: Position | undefined): void {
    const doubted = this.#doubtedSeal;
    if (doubted === undefined) return;
    if (newestSnapshot === undefined || comparePositions(newestSnapshot, doubted) <= 0) {
      this.#doubtedSeal = undefined;
    }
  }
}
