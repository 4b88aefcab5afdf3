import assert from "node:assert/strict";
import {
  type Duration,
  type ObjectStore,
  type Queue,
  type RunOutcome,
  type StepRunner,
  type TerminalHook,
  WorkflowRuntime,
  type WorkflowRuntimeBuilder,
} from "@wf/core";
import { text } from "../assertions.ts";

export interface WorkflowCase {
  /** Permanent, so that it can be cited. */
  readonly id: string;
  readonly title: string;
  readonly needsReopen?: true;
  run(stage: WorkflowStage): Promise<void>;
}

/** What a stage is made from. */
export interface StageParts {
  readonly queue: Queue;
  readonly objectStore: ObjectStore;
  readonly advance: (duration: Duration) => Promise<void>;
  readonly reopen: () => Promise<Queue>;
}

export type Configure = (builder: WorkflowRuntimeBuilder) => WorkflowRuntimeBuilder;

/** A queue and a store with one runtime at work on them, which a case can stop, kill and start. */
export class WorkflowStage {
  queue: Queue;
  runtime: WorkflowRuntime;
  /** All that the hook was told, in order. */
  readonly told: RunOutcome[] = [];
  readonly #parts: StageParts;
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: StageParts) {
    this.#parts = parts;
    this.queue = parts.queue;
    this.runtime = this.build(async () => await new Promise<never>(() => {}));
  }

  /** A runtime of its own that does not run yet. */
  build(runner: StepRunner, configure: Configure = (b) => b, hook?: TerminalHook): WorkflowRuntime {
    const recording = {
      onTermination: async (outcome: RunOutcome) => {
        this.told.push(outcome);
      },
    };
    const { objectStore } = this.#parts;
    return configure(
      WorkflowRuntime.builder(this.queue, objectStore, runner, hook ?? recording),
    ).build();
  }

  /** Builds the runtime anew and has it work. */
  async start(runner: StepRunner, configure?: Configure, hook?: TerminalHook): Promise<void> {
    this.runtime = this.build(runner, configure, hook);
    this.#stop = new AbortController();
    this.#running = this.runtime.run({ signal: this.#stop.signal });
    // A killed one is fenced or closed, and nobody looks at it any more.
    this.#running.catch(() => {});
    await this.settle();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** As a process that is killed, and one after it that has not begun to work. */
  async crash(): Promise<void> {
    this.queue = await this.#parts.reopen();
    this.runtime = this.build(async () => await new Promise<never>(() => {}));
  }

  async submit(runId = "run", input = "input", more: object = {}): Promise<void> {
    const { newlySubmitted } = await this.runtime.submit({ runId, input: text(input), ...more });
    assert.ok(newlySubmitted, `run ${runId} was active already`);
    await this.settle();
  }

  /** Moves time on. */
  async advance(duration: Duration): Promise<void> {
    await this.#parts.advance(duration);
  }

  /** Lets happen what needs no time to pass. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) await this.#parts.advance(0);
  }

  /** The end of the one run that the hook was told of. */
  onlyOutcome(): RunOutcome {
    assert.equal(this.told.length, 1, `the hook was told of ${this.told.length} ends`);
    return this.told[0] as RunOutcome;
  }

  /** What is kept of memos, by the default prefix. */
  async memoKeys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#parts.objectStore.list("workflow-memo/")) keys.push(key);
    return keys;
  }

  dispose(): void {
    this.#stop.abort();
  }
}

export const hanging = async () => await new Promise<never>(() => {});

export function read(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** How the run ended, in a word: its result where it has one. */
export function gist(outcome: RunOutcome | undefined): string | undefined {
  return outcome?.status === "succeeded" ? read(outcome.result) : outcome?.status;
}

/** A door that opens once. */
export function door(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** What came of a promise so far. */
export function watched<T>(promise: Promise<T>): { value?: T; code?: unknown } {
  const seen: { value?: T; code?: unknown } = {};
  promise.then(
    (value) => Object.assign(seen, { value }),
    (error) => Object.assign(seen, { code: error?.code ?? error }),
  );
  return seen;
}
