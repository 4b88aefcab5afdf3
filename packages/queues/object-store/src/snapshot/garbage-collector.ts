import type { ObjectStore } from "@wf/core";
import {
  logPrefix,
  parseSlotKey,
  parseSnapshotKey,
  slotBefore,
  snapshotsPrefix,
} from "../layout/keys.ts";
import { comparePositions, LOG_START, type Position } from "../layout/position.ts";
import { SEAL_OBJECT_BYTES } from "../layout/segment.ts";

/** Keys in one delete, which is what S3 takes. */
const DELETE_MAX_KEYS = 1_000;

/** Removes what no recovery needs any more. Seals stay for ever: they keep a paused owner out. */
export class GarbageCollector {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  /** Before it there are only seals. */
  #collectedTo: Position | undefined;

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** Keeps the snapshots at `older` and `newest`, and the segments from `older` on. */
  async collect(older: Position, newest: Position): Promise<void> {
    await this.#delete(this.#coveredSegments(older));
    this.#collectedTo = older;
    await this.#delete(this.#oldSnapshots(older, newest));
  }

  async *#coveredSegments(older: Position): AsyncGenerator<string> {
    const startAfter = slotBefore(this.#prefix, this.#collectedTo ?? LOG_START);
    for await (const { key, size } of this.#store.list(logPrefix(this.#prefix), { startAfter })) {
      const position = parseSlotKey(this.#prefix, key);
      if (position === undefined) continue;
      if (comparePositions(position, older) >= 0) return;
      if (size !== SEAL_OBJECT_BYTES) yield key;
    }
  }

  async *#oldSnapshots(older: Position, newest: Position): AsyncGenerator<string> {
    for await (const { key } of this.#store.list(snapshotsPrefix(this.#prefix))) {
      const position = parseSnapshotKey(this.#prefix, key)?.position;
      if (position === undefined || comparePositions(position, newest) >= 0) continue;
      if (comparePositions(position, older) !== 0) yield key;
    }
  }

  async #delete(keys: AsyncIterable<string>): Promise<void> {
    let batch: string[] = [];
    for await (const key of keys) {
      batch.push(key);
      if (batch.length < DELETE_MAX_KEYS) continue;
      await this.#store.delete(batch);
      batch = [];
    }
    if (batch.length > 0) await this.#store.delete(batch);
  }
}
