import {
  MemoryObjectStore,
  MockClock,
  queueConformance,
  seededRandom,
  workflowConformance,
} from "@wf/testing";
import { describe, it } from "vitest";
import { TemplateDatabase, TemplateQueue, type TemplateQueueOptions } from "./index.ts";

/** An empty queue on virtual time. Called for every case: each has a database of its own. */
async function openEmpty(options: TemplateQueueOptions = {}) {
  const clock = new MockClock();
  const database = new TemplateDatabase();
  const open = () => TemplateQueue.open(database, { ...options, clock, random: seededRandom(7) });
  let queue = await open();
  return {
    queue,
    // When it resolves, all that fell due has happened. What does real I/O waits for that here too.
    advance: (duration: Parameters<MockClock["advance"]>[0]) => clock.advance(duration),
    // As after `kill -9`: the old queue is left as it is, and a new one opened on the same data.
    reopen: async () => {
      queue = await open();
      return queue;
    },
    close: () => queue.close(),
  };
}

queueConformance(
  { describe, it },
  { name: "TemplateQueue", open: ({ queues }) => openEmpty({ queues }) },
);

workflowConformance(
  { describe, it },
  {
    name: "TemplateQueue",
    open: async () => ({ ...(await openEmpty()), objectStore: new MemoryObjectStore() }),
  },
);
