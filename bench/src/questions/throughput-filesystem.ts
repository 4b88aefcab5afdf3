/**
 * How many jobs a second go through the queue when every acknowledgement waits for the disk (fsync)?
 * 64-byte payloads; 1, 64 and 300 producers and as many workers.
 */
import { join } from "node:path";
import { FileSystemObjectStore } from "@wf/store-fs";
import type { Question } from "../question.ts";
import { measureThroughput } from "../throughput.ts";

export const question: Question = {
  asks: "jobs/s through the queue, every acknowledgement on disk (fsync)",
  run: async (bench) => {
    let roots = 0;
    await measureThroughput(bench, {
      openStore: () => new FileSystemObjectStore({ root: join(bench.directory, `${roots++}`) }),
      jobs: [
        [1, 400],
        [64, 10_000],
        [300, 50_000],
      ],
    });
  },
};
