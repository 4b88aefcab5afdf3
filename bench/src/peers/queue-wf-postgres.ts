import { PostgresQueue } from "@wf/queue-postgres";
import { pushThroughWorker } from "../load.ts";
import type { Contender } from "./contender.ts";

export const contender: Contender = {
  server: "postgres",
  states:
    "PostgresQueue with its defaults, runWorker. Enqueue and acknowledgement resolve after the commit, " +
    "which the server has flushed. LISTEN/NOTIFY. Any number of processes.",
  async open({ url }, { callers, workers, payloadBytes }) {
    const queue = await PostgresQueue.open({ connectionString: url });
    const payload = new Uint8Array(payloadBytes);
    return {
      async work(count) {
        await pushThroughWorker(queue, { jobs: count, producers: callers, workers, payload });
      },
      close: () => queue.close(),
    };
  },
};
