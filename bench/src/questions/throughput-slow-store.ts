/**
 * How many jobs a second go through the queue when each request to the store takes 20 to 40 ms, as with S3?
 * 64-byte payloads; 1, 64 and 300 producers and as many workers.
 */
import { MemoryObjectStore, seededRandom } from "@wf/testing";
import { DelayedObjectStore, latencyBetween } from "../delayed-object-store.ts";
import type { Question } from "../question.ts";
import { measureThroughput } from "../throughput.ts";

export const question: Question = {
  asks: "jobs/s through the queue, 20-40 ms a store request",
  run: (bench) =>
    measureThroughput(bench, {
      openStore: () =>
        new DelayedObjectStore(new MemoryObjectStore(), latencyBetween(20, 40, seededRandom(1))),
      jobs: [
        [1, 50],
        [64, 3_000],
        [300, 20_000],
      ],
    }),
};
