import type { JobRecord } from "./job-record.ts";
import type { KeyValueEntryRecord } from "./key-value-table.ts";
import type { QueueState } from "./queue-state.ts";

/** Takes what a capture finds. */
export interface CaptureSink {
  job(job: JobRecord): void;
  entry(entry: KeyValueEntryRecord): void;
}

let captures = 0;

/**
 * The state at one moment, read bit by bit while it goes on changing: what is about to change is read
 * before it does, what is new is left out, the rest is read when its turn comes.
 */
export class StateCapture {
  readonly #number = ++captures;
  readonly #sink: CaptureSink;
  readonly #rest: Iterator<JobRecord | KeyValueEntryRecord>;

  constructor(state: QueueState, sink: CaptureSink) {
    this.#sink = sink;
    this.#rest = state.walk();
  }

  changing(item: JobRecord | KeyValueEntryRecord): void {
    this.#take(item);
  }

  adding(item: JobRecord | KeyValueEntryRecord): void {
    item.capture = this.#number;
  }

  /** Reads on, item by item, as long as `more` says so. Whether it has come to the end. */
  read(more: () => boolean): boolean {
    while (more()) {
      const next = this.#rest.next();
      if (next.done) return true;
      this.#take(next.value);
    }
    return false;
  }

  #take(item: JobRecord | KeyValueEntryRecord): void {
    if (item.capture === this.#number) return;
    item.capture = this.#number;
    if ("key" in item) this.#sink.entry(item);
    else this.#sink.job(item);
  }
}
