import type { ObjectStore } from "@wf/core";
import { snapshotPartKey, snapshotWholeKey } from "../layout/keys.ts";
import type { Position } from "../layout/position.ts";
import { damaged } from "../layout/segment.ts";
import { decodeWholeSnapshot, readSnapshotPart, type SnapshotRecord } from "../layout/snapshot.ts";
import type { QueueState } from "../state/queue-state.ts";

/** Parts that are read at the same time. */
const READ_AHEAD = 2;

/**
 * Fills an empty state from the snapshot at `position`.
 *
 * @throws WF_DATA_CORRUPT naming the object that is damaged or missing, WF_LAYOUT_UNSUPPORTED
 * @returns the bytes of the snapshot
 */
export async function loadSnapshot(
  store: ObjectStore,
  prefix: string,
  position: Position,
  state: QueueState,
): Promise<number> {
  const wholeKey = snapshotWholeKey(prefix, position);
  const stored = await readObject(store, wholeKey);
  const whole = decodeWholeSnapshot(wholeKey, stored, position);
  for (const [name, doneCount] of whole.queues) state.queue(name).doneCount = doneCount;
  const reading: Promise<Uint8Array>[] = [];
  for (let part = 0; part < whole.parts.length; part++) {
    while (reading.length < READ_AHEAD && part + reading.length < whole.parts.length) {
      const ahead = readObject(store, snapshotPartKey(prefix, position, part + reading.length));
      ahead.catch(() => {}); // reported where it is awaited
      reading.push(ahead);
    }
    const key = snapshotPartKey(prefix, position, part);
    const bytes = (await reading.shift()) as Uint8Array;
    if (bytes.length !== whole.parts[part]) {
      throw damaged(key, `it has ${bytes.length} bytes instead of ${whole.parts[part]}`);
    }
    for (const record of readSnapshotPart(key, bytes, position, part)) restore(key, record, state);
  }
  return whole.parts.reduce((sum, size) => sum + size, stored.length);
}

function restore(key: string, record: SnapshotRecord, state: QueueState): void {
  if (!("job" in record)) return state.kv.put(record.key, record.value);
  try {
    state.restore(record.job);
  } catch (error) {
    throw damaged(key, `a record does not follow from those before: ${(error as Error).message}`);
  }
}

async function readObject(store: ObjectStore, key: string): Promise<Uint8Array> {
  const stored = await store.get(key);
  if (stored === undefined) throw damaged(key, "it is missing");
  return stored;
}
