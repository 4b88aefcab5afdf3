/**
 * How many jobs a second go through the queue, each enqueued, claimed and acknowledged on its own, when the
 * store costs nothing? 64-byte payloads; 1, 64 and 300 producers and as many workers.
 */
import { MemoryObjectStore } from "@wf/testing";
import type { Question } from "../question.ts";
import { measureThroughput } from "../throughput.ts";

export const question: Question = {
  asks: "jobs/s through the queue, store in memory",
  run: (bench) =>
    measureThroughput(bench, {
      openStore: () => new MemoryObjectStore(),
      jobs: [
        [1, 20_000],
        [64, 100_000],
        [300, 200_000],
      ],
    }),
};
