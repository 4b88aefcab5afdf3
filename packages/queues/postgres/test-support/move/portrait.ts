import type { JobState, KeyValueReader, QueueInspector } from "@wf/core";

const STATES: readonly JobState[] = ["pending", "scheduled", "claimed", "done", "dead"];

/** All that can be read of a queue, as one value to compare. */
export async function portrait(queue: {
  readonly inspect: QueueInspector;
  readonly kv: KeyValueReader;
}): Promise<Record<string, unknown>> {
  const queues: Record<string, unknown> = {};
  for (const name of await queue.inspect.listQueues()) {
    const jobs: Record<string, unknown[]> = {};
    for (const state of STATES) {
      const { items } = await queue.inspect.listJobs(name, state, { limit: 1_000 });
      jobs[state] = await Promise.all(
        items.map(async (job) => ({
          ...job,
          payload: hex(job.payload),
          wakePayload: job.wakePayload && hex(job.wakePayload),
          attempts: await queue.inspect.attempts(job.id),
          deliveries: job.attempts,
        })),
      );
    }
    queues[name] = { stats: await queue.inspect.stats(name), jobs };
  }
  const { items } = await queue.kv.scan("", { limit: 1_000 });
  return { queues, kv: items.map(({ key, value }) => [key, hex(value)]) };
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}
