import type { ObjectStore, Queue } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { PostgresQueue } from "@wf/queue-postgres";

export async function openOnStore(store: ObjectStore): Promise<Queue> {
  // #region object-store
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  // #endregion object-store
  return queue;
}

export async function openOnPostgres(connectionString: string): Promise<Queue> {
  // #region postgres
  const queue = await PostgresQueue.open({ connectionString, schema: "wf" });
  // #endregion postgres
  return queue;
}
