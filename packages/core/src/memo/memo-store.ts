import { checkObject, checkOptions, type OptionNames, show } from "../argument-checks.ts";
import { type Clock, systemClock } from "../clock.ts";
import { checkClock, checkObjectStore } from "../component-checks.ts";
import { StoreError, WfError } from "../errors.ts";
import { checkKeyPrefix } from "../store/object-key.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { Memo } from "./memo.ts";
import {
  MARKER_FRAME,
  MARKERS_START,
  markerName,
  parseMarkerName,
  runMemosStart,
  runOutputsStart,
  stepMemosStart,
} from "./memo-keys.ts";
import { MemoObjects } from "./memo-objects.ts";

/** S3's limit for one delete request, the lowest of the stores'. */
const DELETE_BATCH = 1_000;

/** Says that a run has ended, and when, for the sweep that removes its memo entries. */
export interface TerminalMarker {
  /** The run that has ended. */
  readonly runId: string;
  /** Milliseconds since the Unix epoch. */
  readonly terminatedAt: number;
}

/** What a {@link MemoStore} takes beside its place. */
export interface MemoStoreOptions {
  /** For the waits between the tries of a failed write. Default the machine's. */
  readonly clock?: Clock | undefined;
}

const NAMES: OptionNames<MemoStoreOptions> = { clock: true };

/**
 * Where memos and the markers of ended runs are kept: an object store and a prefix in it. The runtime
 * makes one; applications need their own mainly in tests. Instances over one store share the entries.
 *
 * Failures of the store surface as `StoreError`s.
 */
export class MemoStore {
  readonly #objects: MemoObjects;

  /**
   * @throws WF_INVALID_KEY when `prefix` breaks the rule for object keys or is over 500 bytes, WF_INVALID_ARGUMENT
   */
  constructor(store: ObjectStore, prefix: string, options: MemoStoreOptions = {}) {
    checkObjectStore(store);
    checkKeyPrefix(prefix, "memo prefix");
    checkOptions(options, "options", NAMES);
    const { clock = systemClock } = options;
    checkClock(clock);
    this.#objects = new MemoObjects(store, prefix, clock);
  }

  /**
   * The memo of one step.
   *
   * @throws WF_INVALID_RUN_ID, WF_INVALID_ARGUMENT
   */
  memo(runId: string, stepNumber: number): Memo {
    return new Memo(this.#objects, stepMemosStart(runId, stepNumber), runId, stepNumber);
  }

  /**
   * Removes all memo entries and step outputs of exactly this run and returns their number. After a failure part of them
   * may be left; call it again.
   *
   * @throws WF_INVALID_RUN_ID
   */
  async clearRun(runId: string): Promise<number> {
    let removed = 0;
    let batch: string[] = [];
    const removeBatch = async () => {
      if (batch.length > 0) await this.#objects.remove(batch);
      removed += batch.length;
      batch = [];
    };
    for (const start of [runMemosStart(runId), runOutputsStart(runId)]) {
      for await (const name of this.#objects.names(start)) {
        batch.push(name);
        if (batch.length === DELETE_BATCH) await removeBatch();
      }
    }
    await removeBatch();
    return removed;
  }

  /**
   * Records that the run ended at `terminatedAt`. Repeating it changes nothing.
   *
   * @throws WF_INVALID_RUN_ID, WF_INVALID_ARGUMENT
   */
  async writeTerminalMarker(runId: string, terminatedAt: number): Promise<void> {
    const name = markerName(runId, terminatedAt);
    await this.#objects.write(name, MARKER_FRAME, new Uint8Array());
  }

  /**
   * The markers, oldest first. With `expiredBefore`, only those strictly older than that time; the listing
   * ends at the first one that is not, so it costs no more than what has expired.
   *
   * @throws WF_INVALID_ARGUMENT; WF_DATA_CORRUPT when something that is no marker is found among them
   */
  async *listTerminalMarkers(
    options: { readonly expiredBefore?: number | undefined } = {},
  ): AsyncIterable<TerminalMarker> {
    checkObject(options, "options");
    const { expiredBefore = Number.POSITIVE_INFINITY } = options;
    if (typeof expiredBefore !== "number" || Number.isNaN(expiredBefore)) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `expiredBefore is ${show(expiredBefore)}: give milliseconds since the Unix epoch`,
      );
    }
    for await (const name of this.#objects.names(MARKERS_START)) {
      const marker = parseMarkerName(name);
      if (marker === undefined) throw noMarker(this.#objects.keyOf(name));
      if (marker.terminatedAt >= expiredBefore) return;
      yield marker;
    }
  }

  /** Removes one marker; a missing one is no error. */
  async deleteTerminalMarker(marker: TerminalMarker): Promise<void> {
    checkObject(marker, "marker");
    await this.#objects.remove([markerName(marker.runId, marker.terminatedAt)]);
  }
}

function noMarker(key: string): StoreError {
  return new StoreError(
    "WF_DATA_CORRUPT",
    `${key}: this is no key of a terminal marker, which end in 20 digits, "/" and a run id; ` +
      `remove the object if it is not yours`,
    { key },
  );
}
