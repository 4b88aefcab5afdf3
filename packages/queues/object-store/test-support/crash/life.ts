import {
  type Duration,
  type RunOutcome,
  type Step,
  type StepOutcome,
  WorkflowRuntime,
  type WorkflowRuntimeBuilder,
} from "@wf/core";
import type { ObjectStoreQueue, ObjectStoreQueueOptions } from "@wf/queue-object-store";
import { type MockClock, seededRandom } from "@wf/testing";
import { bytes, openQueue, text } from "../fixtures.ts";
import type { CrashingObjectStore } from "./crashing-object-store.ts";

/** What the world outside knows: it outlives every process. */
export class Ledger {
  readonly #told = new Set<string>();
  readonly #counts = new Map<string, number>();
  /** What the terminal hook was told, by run. */
  readonly ends = new Map<string, Set<string>>();

  /** Notes that somebody was told of `fact`. */
  tell(fact: string): void {
    this.#told.add(fact);
  }

  knows(fact: string): boolean {
    return this.#told.has(fact);
  }

  count(what: string): number {
    const count = this.counted(what) + 1;
    this.#counts.set(what, count);
    return count;
  }

  counted(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  end(outcome: RunOutcome): void {
    const ends = this.ends.get(outcome.runId) ?? new Set();
    this.ends.set(outcome.runId, ends.add(gist(outcome)));
  }
}

export type Runner = (step: Step) => Promise<StepOutcome>;

/** One process: from its start to its end, or to the write at which it dies. */
export class Life {
  readonly store: CrashingObjectStore;
  readonly clock: MockClock;
  readonly ledger: Ledger;
  /** From 1. */
  readonly number: number;
  queue!: ObjectStoreQueue;
  runtime!: WorkflowRuntime;
  #openings = 0;
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(store: CrashingObjectStore, clock: MockClock, ledger: Ledger, number: number) {
    this.store = store;
    this.clock = clock;
    this.ledger = ledger;
    this.number = number;
  }

  /** Opens the queue, taking it over from whoever has it. */
  async open(options: Partial<ObjectStoreQueueOptions> = {}): Promise<ObjectStoreQueue> {
    const { store, clock } = this;
    const random = seededRandom(this.number * 100 + this.#openings++);
    this.queue = await openQueue(store, { clock, random, ...options });
    return this.queue;
  }

  /** Opens the queue and has a runtime work on it. */
  async work(
    runner: Runner,
    configure: (builder: WorkflowRuntimeBuilder) => WorkflowRuntimeBuilder = (builder) => builder,
  ): Promise<void> {
    await this.open();
    const hook = { onTermination: async (outcome: RunOutcome) => this.ledger.end(outcome) };
    const builder = WorkflowRuntime.builder(this.queue, this.store, runner, hook);
    this.runtime = configure(builder.memoPrefix("memo")).build();
    this.#running = this.runtime.run({ signal: this.#stop.signal });
  }

  /** Lets time pass. */
  async pass(duration: Duration = 0): Promise<void> {
    await this.clock.advance(duration);
  }

  /** Submits the run unless it was submitted before. */
  async submit(runId: string): Promise<void> {
    if ((await this.queue.kv.get(`submitted/${runId}`)) !== undefined) return;
    const kv = { [`submitted/${runId}`]: bytes("") };
    await this.runtime.submit({ runId, input: bytes("0"), maxAttemptsPerStep: 5, kv });
    this.ledger.tell(`submitted ${runId}`);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.queue.close();
  }
}

/** How a run ended, and when. */
function gist(outcome: RunOutcome): string {
  const { status, terminatedAt } = outcome;
  const how =
    status === "succeeded"
      ? text(outcome.result)?.slice(0, 100)
      : status === "failed"
        ? outcome.error
        : "";
  return `${status} ${how} at ${terminatedAt}`;
}
