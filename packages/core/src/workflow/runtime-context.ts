import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { MemoStore } from "../memo/memo-store.ts";
import type { Queue } from "../queue/queue.ts";
import type { StepFunction } from "./step.ts";
import type { TerminalHook } from "./terminal-hook.ts";

/** What a runtime was built with; every part of it works from this. */
export interface RuntimeContext {
  readonly queue: Queue;
  readonly queueName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runStep: StepFunction;
  readonly hook: TerminalHook;
  readonly memos: MemoStore;
  /** Undefined: memo entries are kept, and no markers written. */
  readonly memoRetentionMs: number | undefined;
  readonly maxConcurrentSteps: number;
  readonly pollMs: number | undefined;
  readonly leaseMs: number | undefined;
  readonly maxStepMs: number | undefined;
}
