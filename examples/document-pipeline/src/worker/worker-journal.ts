import type { JournalEntry } from "../records/journal.ts";
import { LineFile } from "../records/line-file.ts";

type WithoutIncarnation<T> = T extends unknown ? Omit<T, "incarnation"> : never;

/** Where a worker process says what it does, so that its supervisor can watch and check it. */
export class WorkerJournal {
  readonly #file: LineFile;
  readonly #incarnation: number;

  constructor(path: string, incarnation: number) {
    this.#file = new LineFile(path);
    this.#incarnation = incarnation;
  }

  write(entry: WithoutIncarnation<JournalEntry>): void {
    this.#file.append({ incarnation: this.#incarnation, ...entry });
  }
}
