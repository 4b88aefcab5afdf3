import { join } from "node:path";
import { PostgresQueue } from "@wf/queue-postgres";
import { FileSystemObjectStore } from "@wf/store-fs";
import { workThrough } from "../runs.ts";
import type { Contender } from "./contender.ts";

export const contender: Contender = {
  server: "postgres",
  states:
    "WorkflowRuntime on PostgresQueue with its defaults, with a terminal hook that is told of each end. Each " +
    "step's end, with the start of the next, resolves after the commit. Any number of processes.",
  async open({ url, directory }, { callers, workers }) {
    const store = new FileSystemObjectStore({ root: join(directory, "store") });
    const queue = await PostgresQueue.open({ connectionString: url });
    return {
      async work(count) {
        await workThrough(queue, store, {
          runs: count,
          stepsPerRun: 5,
          submitters: callers,
          stepsAtOnce: workers,
          hook: true,
          submitFirst: false,
        });
      },
      close: () => queue.close(),
    };
  },
};
