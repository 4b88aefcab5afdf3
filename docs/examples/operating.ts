import { isPermanent, type ObjectStore, type Queue } from "@wf/core";
import {
  ObjectStoreQueueReader,
  type ObjectStoreQueueReaderOptions,
} from "@wf/queue-object-store";

// #region reader
/**
 * What a health check or a dashboard shows, from any process that may read
 * the bucket.
 */
export async function report(
  store: ObjectStore,
  options: Partial<ObjectStoreQueueReaderOptions> = {},
) {
  const reader = await ObjectStoreQueueReader.open(store, {
    prefix: "queue",
    ...options,
  });
  try {
    const { state, owner } = await reader.liveness();
    const queues = await reader.inspect.listQueues();
    const stats = await Promise.all(
      queues.map((queue) => reader.inspect.stats(queue)),
    );
    const { behindMs, failure } = reader.lag();
    return { state, host: owner.host, queues, stats, behindMs, failure };
  } finally {
    await reader.close();
  }
}
// #endregion reader

// #region dead
/** Gives every dead job of a queue a new life, after its cause was mended. */
export async function requeueAllDead(
  queue: Queue,
  name: string,
): Promise<number> {
  let requeued = 0;
  let after: string | undefined;
  do {
    const page = await queue.inspect.listJobs(name, "dead", { after });
    for (const job of page.items) {
      console.log(`${job.id} died of: ${job.lastError}`);
      await queue.requeueDead(job.id);
      requeued++;
    }
    after = page.next;
  } while (after !== undefined);
  return requeued;
}
// #endregion dead

// #region backup
/** Copies a queue that is closed, object by object. */
export async function copyAll(
  from: ObjectStore,
  to: ObjectStore,
  prefix: string,
): Promise<number> {
  let copied = 0;
  for await (const { key } of from.list(`${prefix}/`)) {
    const body = await from.get(key);
    if (body === undefined)
      throw new Error(`${key} went away: is the queue closed?`);
    await to.put(key, body);
    copied++;
  }
  return copied;
}
// #endregion backup

// #region shutdown
/**
 * Ends a worker process on SIGTERM: claim no more, let steps in hand end,
 * write what is under way.
 */
export function stopOnSigterm(stop: AbortController): void {
  process.once("SIGTERM", () => stop.abort());
}

/** Whether a supervisor should start the process again at once. */
export function isWorthRestarting(error: unknown): boolean {
  return !isPermanent(error);
}
// #endregion shutdown
