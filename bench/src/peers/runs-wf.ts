import { join } from "node:path";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { workThrough } from "../runs.ts";
import type { Contender } from "./contender.ts";

export const contender: Contender = {
  server: undefined,
  states:
    "WorkflowRuntime on ObjectStoreQueue on FileSystemObjectStore, with a terminal hook that is told of each " +
    "end. Each step's end, with the start of the next, resolves after fsync. No polling. One owner process.",
  async open({ directory }, { callers, workers }) {
    const store = new FileSystemObjectStore({ root: join(directory, "store") });
    const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
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
