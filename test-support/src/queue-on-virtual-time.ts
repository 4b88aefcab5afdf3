import { setImmediate as turn } from "node:timers/promises";
import type { ObjectStore } from "@wf/core";
import { ObjectStoreQueue, type ObjectStoreQueueOptions } from "@wf/queue-object-store";
import { BusyObjectStore, MockClock, type OpenedWorkflowParts, seededRandom } from "@wf/testing";

let seed = 0;

/**
 * A queue on virtual time over a store whose answers may take real time, as `queueConformance` and
 * `workflowConformance` ask for it.
 */
export async function openQueueOn(
  store: ObjectStore,
  settings: Partial<ObjectStoreQueueOptions> = {},
): Promise<Required<OpenedWorkflowParts>> {
  const objectStore = new BusyObjectStore(store);
  const clock = new MockClock(undefined, { settleTurns: 64 });
  const open = () => {
    const random = seededRandom(++seed);
    return ObjectStoreQueue.open(objectStore, { prefix: "queue", clock, random, ...settings });
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
