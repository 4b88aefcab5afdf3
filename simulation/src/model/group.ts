import type { Op } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Call } from "../world/journal.ts";
import type { HistorySlot } from "./history.ts";

/** The records of one commit, or one that nobody waited for. */
export interface Group {
  readonly index: number;
  readonly slot: HistorySlot;
  readonly ops: readonly Op[];
  /** What asked for it; undefined for what happens by itself. */
  call: Call | undefined;
  /** Applied before it was durable: a claim, or a job given back. */
  isEarly: boolean;
}
