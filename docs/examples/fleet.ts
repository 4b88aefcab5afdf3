import { ObjectStoreQueue } from "@wf/queue-object-store";
import { PostgresQueue } from "@wf/queue-postgres";
import { moveQueue, undoMove } from "@wf/queue-postgres/move";
import { S3ObjectStore } from "@wf/store-s3";

const store = new S3ObjectStore({ bucket: "my-bucket" });

export function openBefore() {
  // #region before
  return ObjectStoreQueue.open(store, { prefix: "queue" });
  // #endregion before
}

export function openAfter(connectionString: string) {
  // #region after
  return PostgresQueue.open({ connectionString });
  // #endregion after
}

// #region move
export async function move(connectionString: string) {
  const from = { store, prefix: "queue" };
  return await moveQueue({ from, to: { connectionString } });
}

export async function undo(connectionString: string) {
  const from = { store, prefix: "queue" };
  await undoMove({ from, to: { connectionString } });
}
// #endregion move
