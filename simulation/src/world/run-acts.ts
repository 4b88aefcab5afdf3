import type { Program, RunAct } from "../plan/plan.ts";
import type { RecordingRuntime } from "./recording-runtime.ts";
import { inputOf } from "./step-scripts.ts";

/** Does what the users of a workflow runtime do. */
export class RunActs {
  /** With which each run id was submitted last. */
  readonly #programs = new Map<string, Program>();
  #signals = 0;

  async perform(act: RunAct, runtime: RecordingRuntime): Promise<void> {
    switch (act.do) {
      case "submit":
        return await this.#submit(act, runtime);
      case "signal":
        await Promise.allSettled(
          Array.from({ length: act.count }, () => runtime.signal(act.key, this.#nextSignal())),
        );
        return;
      case "clear_signal":
        await runtime.clearSignal(act.key);
        return;
      case "cancel_run":
        await runtime.cancel(act.runId);
        return;
      case "status":
        await runtime.status(act.runId);
        return;
      case "runs":
        await runtime.runs();
        return;
      case "outcome":
        await runtime.outcome(act.runId, { timeout: act.ms });
    }
  }

  async #submit(
    { runId, program, again }: Extract<RunAct, { do: "submit" }>,
    runtime: RecordingRuntime,
  ): Promise<void> {
    const known = again ? this.#programs.get(runId) : undefined;
    const submitted = known ?? program;
    this.#programs.set(runId, submitted);
    const { maxAttempts } = submitted;
    const headers = { program: String(submitted.steps.length) };
    await runtime.submit({
      runId,
      input: inputOf(submitted),
      headers,
      ...(maxAttempts === undefined ? {} : { maxAttemptsPerStep: maxAttempts }),
    });
  }

  /** Unique in the run. */
  #nextSignal(): Uint8Array {
    return Buffer.from(`signal ${++this.#signals}`);
  }
}
