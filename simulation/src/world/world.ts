import { MockClock } from "@wf/testing";
import { Archive } from "./archive.ts";
import { Journal } from "./journal.ts";
import type { Process } from "./process.ts";

/** Turns of the event loop between two moments: enough for what has to come before the next one. */
const SETTLE_TURNS = 4;

/** A moment: its place in the order of all that happens, and the time by the clock. */
export interface Moment {
  readonly tick: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What all processes of one run share: time, the store, and the account of what happened. */
export class World {
  readonly clock = new MockClock(undefined, { settleTurns: SETTLE_TURNS });
  readonly archive = new Archive(this);
  readonly journal = new Journal(this);
  readonly processes: Process[] = [];
  #ticks = 0;

  now(): Moment {
    return { tick: ++this.#ticks, at: this.clock.now() };
  }
}
