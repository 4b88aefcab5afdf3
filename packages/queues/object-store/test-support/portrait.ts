import type { Job, JobState, KeyValueReader, QueueInspector } from "@wf/core";
import { text } from "./fixtures.ts";

const STATES: readonly JobState[] = ["pending", "scheduled", "claimed", "done", "dead"];

/** All that can be read of a queue, as one value to compare, whatever the time is. */
export async function portrait(source: {
  readonly inspect: QueueInspector;
  readonly kv: KeyValueReader;
}): Promise<unknown> {
  const queues: unknown[] = [];
  for (const name of await source.inspect.listQueues()) {
    const { done } = await source.inspect.stats(name);
    const jobs: unknown[] = [];
    for (const state of STATES) {
      const page = await source.inspect.listJobs(name, state, { limit: 1_000 });
      for (const job of page.items) {
        const attempts = await source.inspect.attempts(job.id);
        jobs.push({ ...timeless(job), payload: text(job.payload), attempts });
      }
    }
    queues.push({ name, done, jobs: sortById(jobs as { id: string }[]) });
  }
  const { items } = await source.kv.scan("", { limit: 1_000 });
  return { queues, kv: items.map(({ key, value }) => [key, text(value)]) };
}

/** Scheduled and pending are told apart by the time alone. */
function timeless(job: Job): Record<string, unknown> {
  const isWaiting = job.state === "pending" || job.state === "scheduled";
  return { ...job, state: isWaiting ? "waiting" : job.state };
}

function sortById<T extends { readonly id: string }>(jobs: T[]): T[] {
  return jobs.sort((a, b) => (a.id < b.id ? -1 : 1));
}
