import { StoreError, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim } from "../queue/queue.ts";
import { runRecordKey, signalBufferKey, signalDeliveredKey, signalWaitKey } from "./run-keys.ts";
import { encodeRunRecord, type RunRecord } from "./run-record.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { type FirstSignal, firstSignal } from "./signal-buffer.ts";
import { isWaiting } from "./signal-sender.ts";
import { encodeWaiter, readWaiter, type Waiter } from "./signal-state.ts";

/**
 * How signals and waits meet. While a step is registered for a key, nothing is buffered for it: a signal
 * that finds a waiter wakes it and ends the registration in one commit; a step that registers expects that
 * the buffer is empty, else it takes the first of it; a signal that is buffered expects that nobody is
 * registered. Each of these commits expects what it read, so that of two that meet one is tried again.
 */
export interface Registration {
  /** Whether a signal was there, so that the step can run at once. */
  readonly signalled: boolean;
  readonly effects: Omit<FirstSignal, "payload">;
}

/**
 * What a commit that enqueues the step `waiter` needs beside, by what is known now. It fails with WF_CONFLICT
 * where that has changed.
 *
 * @throws WF_SIGNAL_WAITER_EXISTS when another step waits for the key
 */
export async function registration(context: RuntimeContext, waiter: Waiter): Promise<Registration> {
  const { queue } = context;
  const waitKey = signalWaitKey(waiter.key);
  const registered = await readWaiter(queue.kv, waitKey);
  if (registered !== undefined && (await isWaiting(context, registered.value))) {
    throw waiterExists(waiter.key, registered.value);
  }
  const first = await firstSignal(queue, waiter.key);
  if (first !== undefined) {
    const { payload, ...taking } = first;
    const put = { ...taking.put, [signalDeliveredKey(waiter.jobId)]: payload };
    return { signalled: true, effects: { ...taking, put } };
  }
  return {
    signalled: false,
    effects: {
      expect: { [waitKey]: registered?.bytes, [signalBufferKey(waiter.key)]: undefined },
      put: { [waitKey]: encodeWaiter(waiter) },
      delete: [],
    },
  };
}

/** Changes to a key by others around one commit before it gives up. */
const MAX_TRIES = 100;

/**
 * The signal of a step that is about to run and not registered any more, if there is one: the one that woke
 * it, the one that it took before, or a late one that is buffered.
 */
export async function takeSignal(
  context: RuntimeContext,
  { job }: Claim,
  waiter: Waiter,
  record: RunRecord,
): Promise<Uint8Array | undefined> {
  const { queue } = context;
  const recordKey = runRecordKey(waiter.runId);
  const current = encodeRunRecord(record);
  const deliveredKey = signalDeliveredKey(job.id);
  if (job.wakePayload !== undefined) return job.wakePayload;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const delivered = await queue.kv.get(deliveredKey);
    if (delivered !== undefined) return delivered;
    const first = await firstSignal(queue, waiter.key);
    if (first === undefined) return undefined;
    const { payload, ...taking } = first;
    const put = { ...taking.put, [deliveredKey]: payload };
    // A delivery that was taken for dead must not take what its run's next step may wait for.
    const expect = { ...taking.expect, [recordKey]: current };
    if (await committed(context, { ...taking, put, expect })) return payload;
    if (!isSame(await queue.kv.get(recordKey), current)) throw overtaken(waiter);
  }
  throw new StoreError(
    "WF_STORE_UNAVAILABLE",
    `signals for ${JSON.stringify(waiter.key)} changed ${MAX_TRIES} times while one was to be taken`,
  );
}

/** Of a step that timed out: after this, a signal is buffered instead of given to it. */
export async function endRegistration({ queue }: RuntimeContext, waiter: Waiter): Promise<void> {
  const waitKey = signalWaitKey(waiter.key);
  const mine = encodeWaiter(waiter);
  // Read first, because most waits end by a signal, which takes the registration away.
  if (isSame(await queue.kv.get(waitKey), mine)) await queue.kv.compareAndDelete(waitKey, mine);
}

/** What ends the registration of a step along with it, while it is registered. */
export async function registrationEnd(
  { queue }: RuntimeContext,
  waiter: Waiter,
): Promise<Pick<Effects, "expect" | "delete"> | undefined> {
  const waitKey = signalWaitKey(waiter.key);
  const mine = encodeWaiter(waiter);
  if (!isSame(await queue.kv.get(waitKey), mine)) return undefined;
  return { expect: { [waitKey]: mine }, delete: [waitKey] };
}

/** The step of `record` as a waiter, where it is one. */
export function waiterOf(runId: string, { step, jobId, waitKey }: RunRecord): Waiter | undefined {
  return waitKey === undefined ? undefined : { key: waitKey, runId, step, jobId };
}

async function committed({ queue }: RuntimeContext, effects: Effects): Promise<boolean> {
  try {
    await queue.commit(effects);
    return true;
  } catch (error) {
    if (WfError.is(error, "WF_CONFLICT")) return false;
    throw error;
  }
}

function isSame(stored: Uint8Array | undefined, expected: Uint8Array): boolean {
  return stored !== undefined && Buffer.compare(stored, expected) === 0;
}

function overtaken({ runId, step }: Waiter): WfError {
  return new WfError("WF_CLAIM_LOST", `run ${runId} has ended, or moved on from step ${step}`);
}

function waiterExists(key: string, { runId, step }: Waiter): WfError {
  return new WfError(
    "WF_SIGNAL_WAITER_EXISTS",
    `step ${step} of run ${runId} waits for a signal for ${JSON.stringify(key)} already, and only one ` +
      `run can; use a correlation key that names the run`,
    { key },
  );
}
