import type { ObjectStore, Queue } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import type { WorkOrder } from "./work-order.ts";

/** Short, because a killed worker's steps come back when their leases end, where no owner gives them back. */
const LEASE = "2s";

/** The one line that an application changes to go from one process to many. */
export async function openQueue({ postgres }: WorkOrder, store: ObjectStore): Promise<Queue> {
  if (postgres === undefined) return ObjectStoreQueue.open(store, { prefix: "queue" });
  const { PostgresQueue } = await import("@wf/queue-postgres");
  return PostgresQueue.open({ ...postgres, queues: { "workflow-steps": { lease: LEASE } } });
}
