import { WfError } from "@wf/core";
import { ObjectStoreQueueReader } from "@wf/queue-object-store";
import { portraitOf } from "../model/portrait.ts";
import { QUEUE_PREFIX } from "../plan/plan.ts";
import type { Process } from "./process.ts";
import type { Moment, World } from "./world.ts";

/** What was shown, by whom, as the state at that place of the log. */
export interface Sight {
  readonly by: string;
  readonly position: { readonly epoch: number; readonly slot: number };
  readonly lines: readonly string[];
}

/** A refresh that succeeded: everything that was stored when it was asked for is read. */
export interface Refresh {
  readonly begun: Moment;
  readonly position: Sight["position"];
}

const OPEN_AGAIN_MS = 200;
const MAX_TRIES = 5;

/** A process that reads the queue and has no say in it. */
export class Reader {
  readonly process: Process;
  readonly #world: World;
  readonly #poll: number;
  reader: ObjectStoreQueueReader | undefined;
  isClosed = false;
  readonly sights: Sight[] = [];
  readonly refreshes: Refresh[] = [];
  failure: unknown;

  constructor(world: World, process: Process, poll: number) {
    this.#world = world;
    this.process = process;
    this.#poll = poll;
    void this.#open();
  }

  get isUp(): boolean {
    return this.reader !== undefined && !this.isClosed && !this.process.isDead;
  }

  async look(refresh: boolean): Promise<void> {
    if (this.reader === undefined) return;
    try {
      if (refresh) {
        const begun = this.#world.now();
        await this.reader.refresh();
        this.refreshes.push({ begun, position: this.reader.lag().position });
      }
      await this.#see(this.reader);
    } catch (error) {
      this.#heed(error);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.reader?.close();
  }

  async #open(): Promise<void> {
    const { process } = this;
    while (this.reader === undefined && !this.isClosed && this.failure === undefined) {
      try {
        const { clock, random, store } = process;
        const options = { prefix: QUEUE_PREFIX, clock, random, pollInterval: this.#poll };
        this.reader = await ObjectStoreQueueReader.open(store, options);
      } catch (error) {
        this.#heed(error);
        await process.clock.sleep(OPEN_AGAIN_MS);
      }
    }
  }

  /** Looks at everything, once more where the reader went on meanwhile. */
  async #see(reader: ObjectStoreQueueReader): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { position } = reader.lag();
      const lines = await portraitOf(reader);
      const now = reader.lag().position;
      if (now.epoch !== position.epoch || now.slot !== position.slot) continue;
      this.sights.push({ by: `reader ${this.process.number}`, position, lines });
      return;
    }
  }

  /** Failures that pass are no fault: of the store, of a payload that was removed with its job, of being closed. */
  #heed(error: unknown): void {
    const passes = ["WF_STORE_UNAVAILABLE", "WF_STORE_NOT_INITIALIZED", "WF_PAYLOAD_MISSING"];
    if (WfError.is(error) && (passes.includes(error.code) || error.code === "WF_CLOSED")) return;
    this.failure ??= error;
  }
}
