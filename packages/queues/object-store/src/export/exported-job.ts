import { type Effects, type Job, type JobAttempt, StoreError, WfError } from "@wf/core";
import { type Backoff, inParallel } from "@wf/core/adapter";
import type { PayloadObjects } from "../payloads/payload-objects.ts";
import { type JobRecord, MAX_HISTORY } from "../state/job-record.ts";
import type { QueueJobs } from "../state/queue-jobs.ts";
import type { QueueState } from "../state/queue-state.ts";

/** A job with all that is stored of it. */
export interface ExportedJob extends Job {
  /**
   * As it is stored, whatever is due since. One that was claimed is `pending`, and the delivery cut off is in its
   * history. With no attempt left it is still `claimed`: it has to die where it goes, with its effects.
   */
  readonly state: Job["state"];
  /** Deliveries that have ended, oldest first. */
  readonly history: readonly JobAttempt[];
  /** Only where the enqueue named one. */
  readonly backoff: Backoff | undefined;
  /** Only where the enqueue brought it. */
  readonly onDead: Effects | undefined;
}

/** Payloads fetched at the same time, and held until they are given on. */
const MAX_FETCHES = 8;
/** Jobs that are looked at for payloads to fetch together. */
const WINDOW_JOBS = 256;

/** @param now when what was claimed is taken back, in ms since the epoch */
export async function* exportJobs(
  state: QueueState,
  payloads: PayloadObjects,
  now: number,
): AsyncGenerator<ExportedJob> {
  let records: JobRecord[] = [];
  let fetches = 0;
  for (const queue of state.queues.values()) {
    for (const record of recordsOf(queue)) {
      records.push(record);
      if (record.payloadReference !== undefined) fetches++;
      if (fetches < MAX_FETCHES && records.length < WINDOW_JOBS) continue;
      yield* exportAll(records, payloads, now);
      records = [];
      fetches = 0;
    }
  }
  yield* exportAll(records, payloads, now);
}

/** In claim order first, so that neighbours there are neighbours where they go. */
function* recordsOf(queue: QueueJobs): Generator<JobRecord> {
  yield* queue.ready.from();
  yield* queue.due.from();
  yield* queue.claimed;
  yield* queue.done.from();
  yield* queue.dead.from();
}

async function* exportAll(
  records: readonly JobRecord[],
  payloads: PayloadObjects,
  now: number,
): AsyncGenerator<ExportedJob> {
  const fetched = new Map<JobRecord, Uint8Array>();
  const away = records.filter(({ payloadReference }) => payloadReference !== undefined);
  await inParallel(away, MAX_FETCHES, async (record) => {
    fetched.set(record, await payloadOf(record, payloads));
  });
  for (const record of records) yield exported(record, fetched.get(record), now);
}

async function payloadOf(record: JobRecord, payloads: PayloadObjects): Promise<Uint8Array> {
  try {
    return await payloads.read(record.payloadReference as string);
  } catch (error) {
    if (!WfError.is(error, "WF_PAYLOAD_MISSING") && !WfError.is(error, "WF_DATA_CORRUPT"))
      throw error;
    const { id, queue, state } = record;
    throw new StoreError(error.code, `job ${id} of queue ${queue}, ${state}: ${error.message}`, {
      cause: error,
    });
  }
}

function exported(record: JobRecord, payload: Uint8Array | undefined, now: number): ExportedJob {
  const job = record.toJob();
  const history = record.history ?? [];
  const { backoff, onDead } = record;
  const more = { history, backoff, onDead, ...(payload !== undefined && { payload }) };
  if (job.state !== "claimed" || job.attempts >= job.maxAttempts) return { ...job, ...more };
  const cutOff: JobAttempt = {
    attempt: job.attempts,
    claimedAt: job.claimedAt,
    recordedAt: now,
    outcome: "interrupted",
    error: undefined,
  };
  const whole = [...history, cutOff].slice(-MAX_HISTORY);
  return { ...job, ...more, state: "pending", claimedAt: undefined, history: whole };
}
