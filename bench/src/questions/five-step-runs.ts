/**
 * How many five-step runs a second are submitted, worked off and ended on the file system, every step on disk
 * (fsync)? 300 submitters, 300 steps at once; without and with a terminal hook that is told of each end.
 */
import { join } from "node:path";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { CountingObjectStore } from "@wf/testing";
import type { Question } from "../question.ts";
import { workThrough } from "../runs.ts";
import { median, repeat } from "../statistics.ts";

const RUNS = 6_000;
const ROUNDS = 3;

export const question: Question = {
  asks: "five-step runs/s, every step on disk (fsync)",
  async run(bench) {
    let roots = 0;
    const round = async (runs: number, hook: boolean) => {
      const root = join(bench.directory, `${roots++}`);
      const store = new CountingObjectStore(new FileSystemObjectStore({ root }));
      await using queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
      store.take();
      const load = { runs, stepsPerRun: 5, submitters: 300, stepsAtOnce: 300, submitFirst: false };
      const taken = await workThrough(queue, store, { ...load, hook });
      return { ...taken, counts: store.take() };
    };
    for (const hook of [false, true]) {
      await round(RUNS / 4, hook);
      const rounds = await repeat(ROUNDS, () => round(RUNS, hook));
      const per = (value: (round: (typeof rounds)[0]) => number) => median(rounds.map(value));
      const name = hook ? "with a hook" : "without a hook";
      bench.figure(
        name,
        per(({ seconds }) => RUNS / seconds),
        "runs/s",
      );
      bench.figure(
        `${name}, CPU`,
        per(({ cpuMicros }) => cpuMicros / RUNS),
        "µs/run",
      );
      bench.figure(
        `${name}, requests`,
        per(({ counts }) => counts.requests / RUNS),
        "requests/run",
      );
      bench.figure(
        `${name}, bytes`,
        per(({ counts }) => counts.bytesWritten / RUNS),
        "bytes/run",
      );
    }
  },
};
