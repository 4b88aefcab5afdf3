import { StoreError, WfError } from "../errors.ts";
import type { KeyValueReader } from "../queue/key-value.ts";

const VERSION = 1;

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
  return Buffer.from(JSON.stringify({ v: VERSION, key, runId, step, jobId }));
}

export function encodeBuffer({ key, head, tail, change }: SignalBuffer): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, key, head, tail, change }));
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export async function readWaiter(
  kv: KeyValueReader,
  kvKey: string,
): Promise<Stored<Waiter> | undefined> {
  const bytes = await kv.get(kvKey);
  if (bytes === undefined) return undefined;
  const { jobId, runId, step, key } = decode(kvKey, bytes);
  const sound = [jobId, runId, key].every((text) => typeof text === "string");
  if (!sound || typeof step !== "number") throw damaged(kvKey);
  return { value: { jobId, runId, step, key } as Waiter, bytes };
}

/** Undefined where nothing is buffered. @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export async function readBuffer(
  kv: KeyValueReader,
  kvKey: string,
): Promise<Stored<SignalBuffer> | undefined> {
  const bytes = await kv.get(kvKey);
  if (bytes === undefined) return undefined;
  const { key, head, tail, change } = decode(kvKey, bytes);
  const sound = Number.isSafeInteger(head) && Number.isSafeInteger(tail);
  if (!sound || typeof key !== "string" || typeof change !== "string") throw damaged(kvKey);
  return { value: { key, head, tail, change } as SignalBuffer, bytes };
}

type Untyped = Partial<Record<"v" | keyof Waiter | keyof SignalBuffer, unknown>>;

function decode(kvKey: string, bytes: Uint8Array): Untyped {
  let stored: Untyped | null;
  try {
    stored = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw damaged(kvKey, error);
  }
  if (typeof stored?.v === "number" && stored.v > VERSION) {
    throw new WfError(
      "WF_LAYOUT_UNSUPPORTED",
      `${kvKey}: the signal's state has version ${stored.v} and this version of wf knows up to ` +
        `${VERSION}; upgrade wf to read it`,
      { key: kvKey },
    );
  }
  if (stored?.v !== VERSION) throw damaged(kvKey);
  return stored;
}

function damaged(kvKey: string, cause?: unknown): StoreError {
  const context = cause === undefined ? { key: kvKey } : { key: kvKey, cause };
  return new StoreError("WF_DATA_CORRUPT", `${kvKey}: the signal's state is damaged`, context);
}
