import { isId } from "../queue/checks.ts";
import type { KeyValueReader } from "../queue/key-value.ts";
import { damaged, decodeStored, isCount } from "./stored-map.ts";

const STATE = { what: "the signal's state", version: 1, format: "json" } as const;

/** Signals of one key that wait for somebody to wait for them. */
export const MAX_BUFFERED_SIGNALS = 1_000;

/** The step that waits for a signal. */
export interface Waiter {
  /** The correlation key, for people who look into the store. */
  readonly key: string;
  readonly runId: string;
  readonly step: number;
  readonly jobId: string;
}

/** Which of the entries of a buffer are there: from `head` to before `tail`. */
export interface SignalBuffer {
  readonly key: string;
  readonly head: number;
  readonly tail: number;
  /** Differs from one change to the next, so that no state is taken for an earlier one. */
  readonly change: string;
}

/** What was read, and the bytes of it to expect in a commit. */
export interface Stored<T> {
  readonly value: T;
  readonly bytes: Uint8Array;
}

/** As JSON; the same waiter has the same bytes. */
export function encodeWaiter({ key, runId, step, jobId }: Waiter): Uint8Array {
  return Buffer.from(JSON.stringify({ v: STATE.version, key, runId, step, jobId }));
}

export function encodeBuffer({ key, head, tail, change }: SignalBuffer): Uint8Array {
  return Buffer.from(JSON.stringify({ v: STATE.version, key, head, tail, change }));
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export async function readWaiter(
  kv: KeyValueReader,
  kvKey: string,
): Promise<Stored<Waiter> | undefined> {
  const bytes = await kv.get(kvKey);
  if (bytes === undefined) return undefined;
  const { jobId, runId, step, key } = decodeStored<keyof Waiter>(STATE, kvKey, bytes);
  const sound = isId(jobId) && isId(runId) && isCount(step) && typeof key === "string";
  if (!sound) throw damaged(STATE, kvKey);
  return { value: { jobId, runId, step, key }, bytes };
}

/** Undefined where nothing is buffered. @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export async function readBuffer(
  kv: KeyValueReader,
  kvKey: string,
): Promise<Stored<SignalBuffer> | undefined> {
  const bytes = await kv.get(kvKey);
  if (bytes === undefined) return undefined;
  const { key, head, tail, change } = decodeStored<keyof SignalBuffer>(STATE, kvKey, bytes);
  const sound = typeof key === "string" && typeof change === "string" && isRange(head, tail);
  if (!sound) throw damaged(STATE, kvKey);
  return { value: { key, head, tail, change } as SignalBuffer, bytes };
}

function isRange(head: unknown, tail: unknown): boolean {
  if (!isCount(head) || !isCount(tail)) return false;
  return head < tail && tail - head <= MAX_BUFFERED_SIGNALS;
}
