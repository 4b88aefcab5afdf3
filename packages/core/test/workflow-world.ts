import { inspect } from "node:util";
import {
  type Logger,
  type ObjectStore,
  type RunOutcome,
  WorkflowRuntime as Runtime,
  type StepRunner,
  type TerminalHook,
  type WorkflowRuntime,
  type WorkflowRuntimeBuilder,
} from "@wf/core";
import { ObjectStoreQueue, type QueueConfig } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";

export const STEPS = "workflow-steps";
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array): string => new TextDecoder().decode(value);

export interface WorldOptions {
  readonly runner?: StepRunner;
  readonly hook?: TerminalHook;
  /** What the queue and the memos are on; default the world's own. */
  readonly front?: ObjectStore;
  /** Keeps the memos; default the store that the queue is on. */
  readonly memoStore?: ObjectStore;
  readonly queue?: QueueConfig;
  readonly configure?: (builder: WorkflowRuntimeBuilder) => WorkflowRuntimeBuilder;
}

/** Keeps what it is told, and what each outcome came with. */
export class RecordingHook implements TerminalHook {
  readonly outcomes: RunOutcome[] = [];

  async onTermination(outcome: RunOutcome): Promise<void> {
    this.outcomes.push(outcome);
  }
}

/** A runtime on virtual time over a queue in memory, which can crash and be opened again. */
export class World {
  readonly clock = new MockClock();
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly logged: string[] = [];
  readonly logger: Logger;
  queue!: ObjectStoreQueue;
  runtime!: WorkflowRuntime;
  #stop = new AbortController();
  /** How `run` ended. */
  running: Promise<unknown> | undefined;

  private constructor() {
    const note = (details: object, message: string) => {
      this.logged.push(`${message}: ${inspect(details)}`);
    };
    this.logger = { debug: () => {}, info: () => {}, warn: note, error: note };
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World();
    await world.reopen(options);
    return world;
  }

  /** As a new process after a crash: the queue before is neither closed nor told. */
  async reopen(options: WorldOptions = {}): Promise<void> {
    this.queue = await this.openQueue(options.queue, options.front);
    this.runtime = this.build(options);
    this.#stop = new AbortController();
  }

  openQueue(config: QueueConfig = {}, front?: ObjectStore): Promise<ObjectStoreQueue> {
    return ObjectStoreQueue.open(front ?? this.store, {
      prefix: "queue",
      clock: this.clock,
      random: seededRandom(1),
      queues: { [STEPS]: config },
    });
  }

  build({ runner, hook, front, memoStore, configure = (builder) => builder }: WorldOptions) {
    const builder = Runtime.builder(
      this.queue,
      memoStore ?? front ?? this.store,
      runner ?? (async () => await new Promise<never>(() => {})),
      hook ?? new RecordingHook(),
    );
    return configure(builder.logger(this.logger)).build();
  }

  /** Starts working and lets what is ready happen. */
  async start(): Promise<void> {
    this.running = this.runtime.run({ signal: this.#stop.signal }).catch((error) => error);
    await this.settle();
  }

  async stop(): Promise<unknown> {
    this.#stop.abort();
    return await this.running;
  }

  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list(prefix)) keys.push(key);
    return keys;
  }
}

/** Something to await, and to let go on from elsewhere. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
