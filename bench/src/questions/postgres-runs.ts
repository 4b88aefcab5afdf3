/** How many runs of five steps a second does one process work through on PostgreSQL, every step durable? */
import { MemoryObjectStore } from "@wf/testing";
import { openPostgres } from "../open-postgres.ts";
import type { Question } from "../question.ts";
import { workThrough } from "../runs.ts";
import { median, repeat } from "../statistics.ts";

const RUNS = 2_000;
const ROUNDS = 3;

export const question: Question = {
  asks: "five-step runs/s on PostgreSQL, from one process",
  async run(bench) {
    await using opened = await openPostgres(bench.queueUrl);
    // Nothing is memoized: the store is not asked.
    const store = new MemoryObjectStore();
    const load = { stepsPerRun: 5, submitters: 300, stepsAtOnce: 300, submitFirst: false };
    for (const hook of [false, true]) {
      const round = (runs: number) => workThrough(opened.queue, store, { ...load, runs, hook });
      await round(RUNS / 4);
      const rounds = await repeat(ROUNDS, () => round(RUNS));
      const name = hook ? "with a hook" : "without a hook";
      bench.figure(name, median(rounds.map(({ seconds }) => RUNS / seconds)), "runs/s");
    }
  },
};
