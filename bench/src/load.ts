import { type Queue, runWorker } from "@wf/core";
import { stopwatch, type Taken } from "./stopwatch.ts";

export const QUEUE = "jobs";

export interface Load {
  readonly jobs: number;
  /** Callers that enqueue one job after the other, each when the one before is durable. */
  readonly producers: number;
  /** Jobs in the workers' hands at once. */
  readonly workers: number;
  readonly payload: Uint8Array;
  /** Default {@link QUEUE}. */
  readonly queueName?: string;
}

/** Enqueues, claims and acknowledges the jobs of `load`, from the first enqueue to the last acknowledgement. */
export async function pushThrough(queue: Queue, load: Load): Promise<Taken> {
  const { queueName = QUEUE } = load;
  const finished = new AbortController();
  let acked = 0;
  const work = async () => {
    while (!finished.signal.aborted) {
      const claims = await queue.claim(queueName, { wait: "1h", signal: finished.signal });
      for (const claim of claims) {
        await queue.ack(claim);
        if (++acked === load.jobs) finished.abort();
      }
    }
  };
  const taken = stopwatch();
  await Promise.all([produce(queue, load), ...times(load.workers, work)]);
  return taken();
}

/** As {@link pushThrough}, with the worker of the library. */
export async function pushThroughWorker(queue: Queue, load: Load): Promise<Taken> {
  const finished = new AbortController();
  let handled = 0;
  const handle = () => {
    if (++handled === load.jobs) finished.abort();
  };
  const taken = stopwatch();
  await Promise.all([
    produce(queue, load),
    // Resolves when what was in hand is acknowledged.
    runWorker(queue, QUEUE, handle, { concurrency: load.workers, signal: finished.signal }),
  ]);
  return taken();
}

export async function produce(
  queue: Queue,
  { jobs, producers, payload, queueName = QUEUE }: Omit<Load, "workers">,
): Promise<void> {
  await inParallel(jobs, producers, () => queue.enqueue(queueName, payload));
}

/** Calls `action` so many times, `callers` of them at once. */
export async function inParallel(
  calls: number,
  callers: number,
  action: (index: number) => Promise<unknown>,
): Promise<void> {
  let started = 0;
  const call = async () => {
    while (started < calls) await action(started++);
  };
  await Promise.all(times(callers, call));
}

/** Takes all that is pending, `batch` at a time, and acknowledges it. */
export async function drain(queue: Queue, batch: number): Promise<number> {
  let drained = 0;
  for (;;) {
    const claims = await queue.claim(QUEUE, { max: batch });
    if (claims.length === 0) return drained;
    await Promise.all(claims.map((claim) => queue.ack(claim)));
    drained += claims.length;
  }
}

function times<T>(count: number, action: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, action);
}
