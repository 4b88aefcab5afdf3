import { ObjectStoreQueue } from "@wf/queue-object-store";
import {
  MemoryObjectStore,
  MockClock,
  queueConformance,
  seededRandom,
} from "@wf/testing";
import { describe, it } from "vitest"; // or "node:test"

queueConformance(
  { describe, it },
  {
    name: "ObjectStoreQueue in memory",
    // Called for every case: an empty queue, with the settings by queue name that the case needs.
    async open({ queues }) {
      const clock = new MockClock(undefined, { settleTurns: 64 });
      const store = new MemoryObjectStore({ clock });
      const random = seededRandom(7);
      const open = () =>
        ObjectStoreQueue.open(store, {
          prefix: "queue",
          clock,
          random,
          queues,
        });
      let queue = await open();
      return {
        queue,
        // When it resolves, all that fell due has happened.
        advance: (duration) => clock.advance(duration),
        // As after `kill -9`: the old queue is left as it is, and a new one opened on the same data.
        reopen: async () => {
          queue = await open();
          return queue;
        },
        close: () => queue.close(),
      };
    },
  },
);
