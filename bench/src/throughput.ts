import type { ObjectStore } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { CountingObjectStore } from "@wf/testing";
import { pushThrough, pushThroughWorker } from "./load.ts";
import type { Bench } from "./question.ts";
import { median, repeat } from "./statistics.ts";

const PAYLOAD = new Uint8Array(64);
const ROUNDS = 3;

/** Jobs to measure with, by how many producers and as many workers there are. */
export interface ThroughputPlan {
  readonly openStore: () => ObjectStore;
  readonly jobs: readonly (readonly [concurrency: number, jobs: number])[];
}

/** Jobs a second through a queue on a fresh store, medians of several rounds after one that warms up. */
export async function measureThroughput(bench: Bench, plan: ThroughputPlan): Promise<void> {
  for (const [concurrency, jobs] of plan.jobs) {
    const load = { jobs, producers: concurrency, workers: concurrency, payload: PAYLOAD };
    const round = async (push: typeof pushThrough, jobs: number) => {
      const store = new CountingObjectStore(plan.openStore());
      await using queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
      store.take();
      const taken = await push(queue, { ...load, jobs });
      return { ...taken, counts: store.take() };
    };
    await round(pushThrough, Math.ceil(jobs / 4));
    const rounds = await repeat(ROUNDS, () => round(pushThrough, jobs));
    const size = `${concurrency}/${concurrency}`;
    const per = (value: (round: (typeof rounds)[0]) => number) => median(rounds.map(value));
    bench.figure(
      `${size}`,
      per(({ seconds }) => jobs / seconds),
      "jobs/s",
    );
    bench.figure(
      `${size}, CPU`,
      per(({ cpuMicros }) => cpuMicros / jobs),
      "µs/job",
    );
    bench.figure(
      `${size}, writes`,
      per(({ counts, seconds }) => counts.puts / seconds),
      "writes/s",
    );
    bench.figure(
      `${size}, requests`,
      per(({ counts }) => counts.requests / jobs),
      "requests/job",
    );
    if (concurrency < 300) continue;
    const worked = await repeat(ROUNDS, () => round(pushThroughWorker, jobs));
    const rates = worked.map(({ seconds }) => jobs / seconds);
    bench.figure(`${size} by runWorker`, median(rates), "jobs/s");
  }
}
