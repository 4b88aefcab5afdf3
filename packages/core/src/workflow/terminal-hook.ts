import type { RunOutcome } from "./run.ts";
import type { TerminalEffects } from "./terminal-effects.ts";

/**
 * Told of the end of runs. It runs as a job of its own, so it sees only what is committed, at least once,
 * also after a crash. Throwing a permanent error gives up on this notification, any other retries it.
 */
export interface TerminalHook {
  /** `effects` are committed with the notification's end. */
  onTermination(outcome: RunOutcome, effects: TerminalEffects): Promise<void>;
  /** Whether to be told of this outcome. Must depend on the outcome alone. Default: of every one. */
  observes?(outcome: RunOutcome): boolean;
}

/** Observes nothing: runs end without a further job. */
export const noTerminalHook: TerminalHook = {
  onTermination: async () => {},
  observes: () => false,
};
