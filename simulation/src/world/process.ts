import type {
  Clock,
  Duration,
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";
import { FaultyObjectStore, seededRandom } from "@wf/testing";
import type { Faults } from "../plan/plan.ts";
import type { World } from "./world.ts";

/**
 * One process: its way to the store, and its clock. While it is paused, answers and wake-ups wait for it, and what it had
 * asked for goes on without it; when it is dead, nothing comes back to it.
 */
export class Process {
  readonly number: number;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly faulty: FaultyObjectStore;
  #resumption: { readonly promise: Promise<void>; resume(): void } | undefined;

  constructor(world: World, seed: number, faults: Faults) {
    this.number = world.processes.push(this);
    this.random = seededRandom(seed);
    this.faulty = new FaultyObjectStore(world.archive.seenBy(this.number), {
      ...faults,
      clock: world.clock,
      random: this.random,
      traceMaxEntries: 1_000_000,
    });
    this.store = new ProcessStore(this);
    this.clock = new ProcessClock(this, world.clock);
  }

  get isDead(): boolean {
    return this.faulty.crashed;
  }

  get isPaused(): boolean {
    return this.#resumption !== undefined;
  }

  crash(): void {
    this.faulty.crash();
  }

  pause(): void {
    if (this.#resumption !== undefined) return;
    let resume = () => {};
    const promise = new Promise<void>((resolve) => {
      resume = resolve;
    });
    this.#resumption = { promise, resume };
  }

  resume(): void {
    this.#resumption?.resume();
    this.#resumption = undefined;
  }

  /** What has to be waited for before anything may go on; undefined where nothing has. */
  get obstacle(): Promise<void> | undefined {
    if (this.isDead) return new Promise(() => {});
    return this.#resumption?.promise;
  }

  /** Waits until the process runs; for ever where it is dead. */
  async running(): Promise<void> {
    for (;;) {
      const { obstacle } = this;
      if (obstacle === undefined) return;
      await obstacle;
    }
  }
}

class ProcessStore implements ObjectStore {
  readonly #process: Process;

  constructor(process: Process) {
    this.#process = process;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#heard(this.#process.faulty.put(key, body, options));
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    return this.#heard(this.#process.faulty.get(key, options));
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    return this.#heard(this.#process.faulty.delete(keys, options));
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectMeta> {
    for await (const meta of this.#process.faulty.list(prefix, options)) {
      if (this.#process.obstacle !== undefined) await this.#process.running();
      yield meta;
    }
  }

  async #heard<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      if (this.#process.obstacle !== undefined) await this.#process.running();
    }
  }
}

class ProcessClock implements Clock {
  readonly #process: Process;
  readonly #clock: Clock;

  constructor(process: Process, clock: Clock) {
    this.#process = process;
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    await this.#clock.sleep(duration, signal);
    if (this.#process.obstacle === undefined) return;
    await this.#process.running();
    signal?.throwIfAborted();
  }
}
