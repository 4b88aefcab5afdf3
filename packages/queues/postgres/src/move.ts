export {
  type MoveOptions,
  type MoveResult,
  type MoveSource,
  moveQueue,
  type UndoOptions,
  undoMove,
} from "./import/move-queue.ts";
export type { MoveCounts } from "./import/move-record.ts";
