/** A place in the log: a slot of an epoch. */
export interface Position {
  /** That of the owner which wrote it, from 1. */
  readonly epoch: number;
  /** Number of the segment within the epoch, from 0. */
  readonly slot: number;
}

/** Before everything. */
export const LOG_START: Position = { epoch: 1, slot: 0 };

export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.slot - b.slot;
}
