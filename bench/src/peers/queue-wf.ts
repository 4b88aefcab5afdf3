import { join } from "node:path";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { pushThroughWorker } from "../load.ts";
import type { Contender } from "./contender.ts";

export const contender: Contender = {
  server: undefined,
  states:
    "ObjectStoreQueue on FileSystemObjectStore, runWorker. Enqueue and acknowledgement resolve after fsync. " +
    "No polling. One owner process.",
  async open({ directory }, { callers, workers, payloadBytes }) {
    const store = new FileSystemObjectStore({ root: join(directory, "store") });
    const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
    const payload = new Uint8Array(payloadBytes);
    return {
      async work(count) {
        await pushThroughWorker(queue, { jobs: count, producers: callers, workers, payload });
      },
      close: () => queue.close(),
    };
  },
};
