import { Queue, Worker } from "bullmq";
import { inParallel } from "../load.ts";
import { type Contender, text } from "./contender.ts";

export const contender: Contender = {
  server: "redis",
  states:
    "add, Worker with concurrency; done jobs are removed. appendfsync always: an add and a completion are " +
    "answered after fsync. Blocking fetch, no polling. Many worker machines.",
  async open({ url }, { callers, workers, payloadBytes }) {
    const connection = { url, maxRetriesPerRequest: null };
    const queue = new Queue("jobs", { connection });
    const worker = new Worker("jobs", async () => {}, {
      connection,
      concurrency: workers,
      removeOnComplete: { count: 0 },
    });
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    const data = { payload: text(payloadBytes) };
    return {
      async work(count) {
        const allCompleted = new Promise<void>((resolve) => {
          let completed = 0;
          // Emitted when Redis has answered.
          worker.on("completed", () => {
            if (++completed === count) resolve();
          });
        });
        await inParallel(count, callers, () => queue.add("job", data));
        await allCompleted;
        worker.removeAllListeners("completed");
      },
      async close() {
        await worker.close();
        await queue.close();
      },
    };
  },
};
