/** One number that a question gives. Its name is unique within the question. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** What a question works with. */
export interface Bench {
  /** An empty directory of its own, removed afterwards. */
  readonly directory: string;
  /** Where the PostgreSQL server is that `--queue` names; "" without. */
  readonly queueUrl: string;
  /** Reports one number. */
  figure(name: string, value: number, unit: string): void;
  /** Runs one of the question's parts in a fresh process and returns what it returned, by way of JSON. */
  fresh<T>(part: string, input?: unknown): Promise<T>;
}

/** A file in `questions/` exports one as `question`; the file's name is the question's. */
export interface Question {
  /** The question, in one line. */
  readonly asks: string;
  run(bench: Bench): Promise<void>;
  /** What {@link Bench.fresh} can run. */
  readonly parts?: Readonly<Record<string, (input: never) => Promise<unknown>>>;
}
