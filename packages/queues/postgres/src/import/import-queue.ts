import type { KeyValueEntry } from "@wf/core";
import { DEFAULT_BACKOFF } from "@wf/core/adapter";
import type { DepartingQueue, ExportedJob } from "@wf/queue-object-store";
import { encodeEffects } from "../commit/effects-json.ts";
import { arrays } from "../database/array-parameter.ts";
import type { Session, Value } from "../database/session.ts";
import type { Schema } from "../layout/schema-name.ts";
import { importStatements } from "./import-statements.ts";
import type { MoveCounts } from "./move-record.ts";

/** Of one statement: few enough to be held in memory, and enough for the round trip not to count. */
const BATCH_ROWS = 2_000;
const BATCH_BYTES = 8 * 1_048_576;

/** Writes everything of the queue into the empty tables of a schema, in the session's transaction. */
export async function importQueue(
  session: Session,
  schema: Schema,
  source: DepartingQueue,
): Promise<MoveCounts> {
  const statements = importStatements(schema.quoted);
  const counts = { pending: 0, scheduled: 0, claimed: 0, done: 0, dead: 0 };
  const jobs = new Batches<ExportedJob>(jobBytes, async (batch) => {
    await session.run(statements.jobs, ...liveColumns(batch));
  });
  const finished = new Batches<ExportedJob>(jobBytes, async (batch) => {
    await session.run(statements.finished, ...finishedColumns(batch));
  });
  for await (const job of source.jobs()) {
    counts[job.state]++;
    const hasEnded = job.state === "done" || job.state === "dead";
    await (hasEnded ? finished : jobs).add(job);
  }
  await jobs.flush();
  await finished.flush();
  let entries = 0;
  const kv = new Batches<KeyValueEntry>(
    ({ value }) => value.length,
    async (batch) => {
      const keys = texts(batch.map(({ key }) => key));
      await session.run(statements.kv, keys, arrays.bytea(batch.map(({ value }) => value)));
    },
  );
  for (const entry of source.entries()) {
    entries++;
    await kv.add(entry);
  }
  await kv.flush();
  const queues = source.queues();
  const names = texts(queues.map(({ name }) => name));
  await session.run(statements.names, names);
  await session.run(statements.doneCounts, names, arrays.int8(queues.map(({ done }) => done)));
  const { claimed, ...others } = counts;
  return { ...others, dying: claimed, queues: queues.length, entries };
}

/** Items that are written together. */
class Batches<T> {
  readonly #bytesOf: (item: T) => number;
  readonly #write: (items: readonly T[]) => Promise<void>;
  #items: T[] = [];
  #bytes = 0;

  constructor(bytesOf: (item: T) => number, write: (items: readonly T[]) => Promise<void>) {
    this.#bytesOf = bytesOf;
    this.#write = write;
  }

  async add(item: T): Promise<void> {
    this.#items.push(item);
    this.#bytes += this.#bytesOf(item);
    if (this.#items.length >= BATCH_ROWS || this.#bytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    await this.#write(items);
  }
}

/** About: what else a job has is small most often, and bounded. */
function jobBytes({ payload, wakePayload }: ExportedJob): number {
  return payload.length + (wakePayload?.length ?? 0);
}

/** Columns that both tables have, as the statements take them. */
function columns(jobs: readonly ExportedJob[]): Value[] {
  return [
    arrays.text(jobs.map(({ id }) => id)),
    texts(jobs.map(({ queue }) => queue)),
    arrays.text(jobs.map(({ state }) => state)),
    arrays.int8(jobs.map(({ priority }) => priority)),
    arrays.int8(jobs.map(({ attempts }) => attempts)),
    arrays.int8(jobs.map(({ maxAttempts }) => maxAttempts)),
    arrays.int8(jobs.map(({ enqueuedAt }) => enqueuedAt)),
    arrays.int8(jobs.map(({ runAt }) => runAt)),
    arrays.int8(jobs.map(({ wokenAt }) => wokenAt)),
    arrays.bool(jobs.map(({ cancelRequested }) => cancelRequested)),
    arrays.text(
      jobs.map(({ headers }) => (isEmpty(headers) ? undefined : JSON.stringify(headers))),
    ),
    arrays.text(jobs.map(({ backoff }) => backoff && JSON.stringify(backoff))),
    // What is stored of a backoff is whole, so that no queue's is asked for.
    arrays.text(jobs.map(({ onDead }) => onDead && encodeEffects(onDead, () => DEFAULT_BACKOFF))),
    texts(jobs.map(({ lastError }) => lastError)),
    arrays.text(
      jobs.map(({ history }) => (history.length > 0 ? JSON.stringify(history) : undefined)),
    ),
    arrays.bytea(jobs.map(({ wakePayload }) => wakePayload)),
    arrays.bytea(jobs.map(({ payload }) => payload)),
  ];
}

function liveColumns(jobs: readonly ExportedJob[]): Value[] {
  return [
    ...columns(jobs),
    texts(jobs.map(({ dedupKey }) => dedupKey)),
    arrays.int8(jobs.map(({ claimedAt }) => claimedAt)),
  ];
}

function finishedColumns(jobs: readonly ExportedJob[]): Value[] {
  const endedAt = ({ state, completedAt, failedAt }: ExportedJob) =>
    state === "done" ? completedAt : failedAt;
  return [...columns(jobs), arrays.int8(jobs.map(endedAt))];
}

/** Text that may hold a NUL. */
function texts(items: readonly (string | undefined)[]): Buffer {
  return arrays.bytea(items.map((item) => (item === undefined ? undefined : Buffer.from(item))));
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}
