import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { MemoStore } from "../memo/memo-store.ts";
import type { OutcomeObjects } from "../memo/outcome-objects.ts";
import type { StepOutputs } from "../memo/step-outputs.ts";
import type { Queue } from "../queue/queue.ts";
import type { Endings } from "./endings.ts";
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
  /** Undefined: outcomes are not kept. */
  readonly outcomeRetentionMs: number | undefined;
  readonly outcomeObjects: OutcomeObjects;
  /** Undefined: what steps return is not kept for further attempts. */
  readonly stepOutputs: StepOutputs | undefined;
  /** Of all runtimes on the queue in this process. */
  readonly endings: Endings;
  readonly maxConcurrentSteps: number;
  readonly pollMs: number | undefined;
  readonly leaseMs: number | undefined;
  readonly maxStepMs: number | undefined;
}
