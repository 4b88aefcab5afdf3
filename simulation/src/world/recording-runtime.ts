import type { OutcomeOptions, PageOptions, RunSpec, WorkflowRuntime } from "@wf/core";
import type { Journal } from "./journal.ts";
import type { Process } from "./process.ts";

/** The methods of a runtime, each call of which is written into the journal. */
export class RecordingRuntime {
  readonly #runtime: WorkflowRuntime;
  readonly #journal: Journal;
  readonly #process: Process;

  constructor(runtime: WorkflowRuntime, journal: Journal, process: Process) {
    this.#runtime = runtime;
    this.#journal = journal;
    this.#process = process;
  }

  submit(spec: RunSpec) {
    return this.#call("run.submit", [spec], () => this.#runtime.submit(spec));
  }

  signal(key: string, payload: Uint8Array) {
    return this.#call("run.signal", [key, payload], () => this.#runtime.signal(key, payload));
  }

  clearSignal(key: string) {
    return this.#call("run.clearSignal", [key], () => this.#runtime.clearSignal(key));
  }

  cancel(runId: string) {
    return this.#call("run.cancel", [runId], () => this.#runtime.cancel(runId));
  }

  status(runId: string) {
    return this.#call("run.status", [runId], () => this.#runtime.status(runId));
  }

  runs(page?: PageOptions) {
    return this.#call("run.runs", [], () => this.#runtime.runs(page));
  }

  outcome(runId: string, options: OutcomeOptions) {
    return this.#call("run.outcome", [runId], () => this.#runtime.outcome(runId, options));
  }

  #call<T>(method: string, args: readonly unknown[], act: () => Promise<T>): Promise<T> {
    return this.#journal.call(this.#process, method, args, act);
  }
}
