import { StoreError, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Queue } from "../queue/queue.ts";
import { signalBufferKey, signalEntryKey } from "./run-keys.ts";
import {
  encodeBuffer,
  MAX_BUFFERED_SIGNALS,
  readBuffer,
  type SignalBuffer,
  type Stored,
} from "./signal-state.ts";

/** The signal that is first in a buffer, and what takes it out. */
export interface FirstSignal {
  readonly payload: Uint8Array;
  readonly expect: NonNullable<Effects["expect"]>;
  readonly put: NonNullable<Effects["put"]>;
  readonly delete: readonly string[];
}

export function roomIn(buffer: Stored<SignalBuffer> | undefined): number {
  return MAX_BUFFERED_SIGNALS - (buffer === undefined ? 0 : buffer.value.tail - buffer.value.head);
}

/** What puts `payloads` behind those that are in the buffer already. */
export function appendEffects(
  queue: Queue,
  key: string,
  buffer: Stored<SignalBuffer> | undefined,
  payloads: readonly Uint8Array[],
): Required<Pick<Effects, "expect" | "put">> {
  const bufferKey = signalBufferKey(key);
  const { head, tail } = buffer?.value ?? { head: 0, tail: 0 };
  const put: Record<string, Uint8Array> = {};
  for (const [index, payload] of payloads.entries()) {
    put[signalEntryKey(bufferKey, tail + index)] = payload;
  }
  const change = queue.nextJobId();
  put[bufferKey] = encodeBuffer({ key, head, tail: tail + payloads.length, change });
  return { expect: { [bufferKey]: buffer?.bytes }, put };
}

/** The first signal that is buffered for `key`, if any. @throws WF_DATA_CORRUPT */
export async function firstSignal(queue: Queue, key: string): Promise<FirstSignal | undefined> {
  const bufferKey = signalBufferKey(key);
  for (;;) {
    const buffer = await readBuffer(queue.kv, bufferKey);
    if (buffer === undefined) return undefined;
    const { head, tail } = buffer.value;
    const entryKey = signalEntryKey(bufferKey, head);
    const payload = await queue.kv.get(entryKey);
    if (payload !== undefined) {
      const left = { key, head: head + 1, tail, change: queue.nextJobId() };
      const isLast = left.head === tail;
      return {
        payload,
        expect: { [bufferKey]: buffer.bytes },
        put: isLast ? {} : { [bufferKey]: encodeBuffer(left) },
        delete: isLast ? [entryKey, bufferKey] : [entryKey],
      };
    }
    const now = await queue.kv.get(bufferKey);
    if (now !== undefined && Buffer.compare(now, buffer.bytes) === 0) {
      throw new StoreError("WF_DATA_CORRUPT", `${entryKey}: a buffered signal is missing`, {
        key: entryKey,
      });
    }
  }
}

const MAX_CLEAR_TRIES = 100;

/** Removes all that is buffered for `key`; says whether there was anything. */
export async function clearBuffer(queue: Queue, key: string): Promise<boolean> {
  const bufferKey = signalBufferKey(key);
  let conflict: unknown;
  for (let tries = 0; tries < MAX_CLEAR_TRIES; tries++) {
    const buffer = await readBuffer(queue.kv, bufferKey);
    if (buffer === undefined) return false;
    const { head, tail } = buffer.value;
    const entries = Array.from({ length: tail - head }, (_, i) =>
      signalEntryKey(bufferKey, head + i),
    );
    try {
      await queue.commit({
        expect: { [bufferKey]: buffer.bytes },
        delete: [bufferKey, ...entries],
      });
      return true;
    } catch (error) {
      if (!WfError.is(error, "WF_CONFLICT")) throw error;
      conflict = error;
    }
  }
  throw conflict;
}
