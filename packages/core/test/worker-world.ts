import { inspect } from "node:util";
import { runWorker, type Worker, type WorkerOptions } from "@wf/core";
import { ObjectStoreQueue, type QueueConfig } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";

export const JOB = new Uint8Array([1]);

/** A queue `jobs` on virtual time, and a worker on it when it is started. */
export async function open(config: QueueConfig = {}) {
  const clock = new MockClock();
  const queue = await ObjectStoreQueue.open(new MemoryObjectStore(), {
    prefix: "queue",
    clock,
    random: seededRandom(1),
    queues: { jobs: config },
  });
  const stop = new AbortController();
  const logged: string[] = [];
  const log = (details: object, message: string) => {
    logged.push(`${message}: ${inspect(details)}`);
  };
  const logger = { debug: () => {}, info: () => {}, warn: log, error: log };
  const start = async (worker: Worker, options: Partial<WorkerOptions> = {}) => {
    const signal = stop.signal;
    const running = runWorker(queue, "jobs", worker, { signal, logger, ...options });
    // Watched from the start, so that a test may look at it late.
    running.catch(() => {});
    await clock.advance(0);
    return { running };
  };
  const stats = () => queue.inspect.stats("jobs");
  const dead = async () => (await queue.inspect.listJobs("jobs", "dead")).items;
  return { clock, queue, stop, logged, start, stats, dead };
}
