import type { JobAttempt, JobState, KeyValueReader, QueueInspector } from "@wf/core";
import { bytesText, imageOf } from "./job-image.ts";

export function attemptsText(attempts: readonly JobAttempt[]): string {
  const fields = attempts.map(({ attempt, claimedAt, recordedAt, outcome, error }) => [
    attempt,
    claimedAt,
    recordedAt,
    outcome,
    error,
  ]);
  return JSON.stringify(fields);
}

/** All that a queue shows, line by line, so that two can be compared and the first difference named. */
export async function portraitOf(source: {
  readonly inspect: QueueInspector;
  readonly kv: KeyValueReader;
}): Promise<string[]> {
  const lines: string[] = [];
  for (const queue of await source.inspect.listQueues()) {
    const { done, pending, scheduled, claimed, dead } = await source.inspect.stats(queue);
    lines.push(queueLine(queue, done, pending + scheduled, claimed, dead));
    for (const state of STATES) {
      const jobs = await everyPage((after) =>
        source.inspect.listJobs(queue, state, { after, limit: 1_000 }),
      );
      for (const job of jobs) {
        const attempts = attemptsText(await source.inspect.attempts(job.id));
        lines.push(`job ${imageOf(job)} ${attempts}`);
      }
    }
  }
  const entries = await everyPage((after) => source.kv.scan("", { after, limit: 1_000 }));
  for (const { key, value } of entries) lines.push(`key ${key} ${bytesText(value)}`);
  return lines.sort();
}

export function queueLine(
  queue: string,
  done: number,
  waiting: number,
  claimed: number,
  dead: number,
): string {
  return `queue ${queue}: ${done} done, ${waiting} waiting, ${claimed} claimed, ${dead} dead`;
}

/** Undefined where the two are equal, else what the one has and the other has not. */
export function difference(
  expected: readonly string[],
  shown: readonly string[],
): string | undefined {
  const expectedLines = new Set(expected);
  const shownLines = new Set(shown);
  const missing = expected.filter((line) => !shownLines.has(line));
  const surplus = shown.filter((line) => !expectedLines.has(line));
  if (missing.length === 0 && surplus.length === 0) return undefined;
  const some = (lines: readonly string[]) => lines.slice(0, 3).join("\n    ") || "nothing";
  return `\n  expected:\n    ${some(missing)}\n  shown instead:\n    ${some(surplus)}`;
}

/** Scheduled before pending: a job that falls due in between is seen twice, and not never. */
const STATES: readonly JobState[] = ["scheduled", "pending", "claimed", "done", "dead"];

async function everyPage<T>(
  read: (after: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const page = await read(after);
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}
