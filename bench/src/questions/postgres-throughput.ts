/**
 * How many jobs a second go through a queue on PostgreSQL, from one process, with the server's own durability?
 * 64-byte payloads; 1, 64 and 300 producers and as many jobs in the hands of the worker.
 */
import { pushThroughWorker } from "../load.ts";
import { openPostgres } from "../open-postgres.ts";
import type { Question } from "../question.ts";
import { median, repeat } from "../statistics.ts";

const PAYLOAD = new Uint8Array(64);
const ROUNDS = 3;
const JOBS = [
  [1, 500],
  [64, 10_000],
  [300, 20_000],
] as const;

export const question: Question = {
  asks: "jobs/s through a queue on PostgreSQL, from one process",
  async run(bench) {
    for (const [concurrency, jobs] of JOBS) {
      const load = { producers: concurrency, workers: concurrency, payload: PAYLOAD };
      await using opened = await openPostgres(bench.queueUrl);
      await pushThroughWorker(opened.queue, { ...load, jobs: Math.ceil(jobs / 4) });
      const rounds = await repeat(ROUNDS, () => pushThroughWorker(opened.queue, { ...load, jobs }));
      const size = `${concurrency}/${concurrency}`;
      bench.figure(size, median(rounds.map(({ seconds }) => jobs / seconds)), "jobs/s");
      const cpu = rounds.map(({ cpuMicros }) => cpuMicros / jobs);
      bench.figure(`${size}, CPU of the client`, median(cpu), "µs/job");
    }
  },
};
