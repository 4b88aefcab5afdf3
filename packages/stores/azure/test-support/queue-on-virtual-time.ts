import { setImmediate as turn } from "node:timers/promises";
import type { ObjectStore } from "@wf/core";
import { ObjectStoreQueue, type ObjectStoreQueueOptions } from "@wf/queue-object-store";
import { MockClock, type OpenedWorkflowParts, seededRandom } from "@wf/testing";
import { BusyObjectStore } from "./busy-object-store.ts";

let seed = 0;

/** A queue on virtual time over a store whose answers take real time. */
export async function openQueueOn(
  inner: ObjectStore,
  queues?: ObjectStoreQueueOptions["queues"],
): Promise<Required<OpenedWorkflowParts>> {
  const objectStore = new BusyObjectStore(inner);
  const clock = new MockClock(undefined, { settleTurns: 64 });
  const open = () => {
    const random = seededRandom(++seed);
    return ObjectStoreQueue.open(objectStore, { prefix: "queue", clock, random, queues });
  };
  let queue = await open();
  return {
    queue,
    objectStore,
    async advance(duration) {
      await objectStore.idle();
      await clock.advance(duration);
      await objectStore.idle();
      await turn();
    },
    async reopen() {
      queue = await open();
      return queue;
    },
    close: () => queue.close(),
  };
}
