/**
 * How many workflow steps a second can one process run, each step's end durable together with the start of the
 * next, when the store costs nothing? 2,000 runs of 50 steps that do nothing.
 */
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore } from "@wf/testing";
import type { Question } from "../question.ts";
import { workThrough } from "../runs.ts";
import { median, repeat } from "../statistics.ts";

const RUNS = 2_000;
const STEPS = 50;
const ROUNDS = 5;

export const question: Question = {
  asks: "workflow steps/s, store in memory, 2,000 runs",
  async run(bench) {
    const round = async (stepsPerRun: number) => {
      const store = new MemoryObjectStore();
      await using queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
      return await workThrough(queue, store, {
        runs: RUNS,
        stepsPerRun,
        submitters: 300,
        stepsAtOnce: 300,
        hook: false,
        submitFirst: true,
      });
    };
    await round(STEPS / 2);
    const rounds = await repeat(ROUNDS, () => round(STEPS));
    const steps = RUNS * STEPS;
    bench.figure("steps", median(rounds.map(({ seconds }) => steps / seconds)), "steps/s");
    bench.figure("CPU", median(rounds.map(({ cpuMicros }) => cpuMicros / steps)), "µs/step");
  },
};
