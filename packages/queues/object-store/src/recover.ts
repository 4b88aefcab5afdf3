import { FencedError, type ObjectStore } from "@wf/core";
import type { Owner } from "./layout/epoch-object.ts";
import { LOG_START, type Position } from "./layout/position.ts";
import { replay } from "./log/replay.ts";
import { takeEpoch } from "./log/take-epoch.ts";
import { findSnapshot, isNewer } from "./snapshot/find-snapshot.ts";
import { loadSnapshot } from "./snapshot/load-snapshot.ts";
import { OBJECT_COST_BYTES, type RecoveryCost } from "./snapshot/snapshotter.ts";
import { QueueState } from "./state/queue-state.ts";

export interface Recovered extends RecoveryCost {
  readonly state: QueueState;
  readonly epoch: number;
  /** Who opened the queue before, if anybody did. */
  readonly previous: Owner | undefined;
}

/**
 * Takes the queue over and rebuilds its state: the newest snapshot, and the log after it.
 *
 * The owner before may be at work meanwhile, take snapshots and collect what they cover. A recovery that
 * finds something collected under it starts again from the newer snapshot; and since a free slot may be one
 * that was collected, it looks for a newer snapshot once more after it has put a seal.
 */
export async function recover(
  store: ObjectStore,
  prefix: string,
  owner: Omit<Owner, "epoch">,
): Promise<Recovered> {
  let snapshot = await findSnapshot(store, prefix);
  const { epoch, previous } = await takeEpoch(store, prefix, owner, snapshot?.epoch ?? 0);
  for (;;) {
    let failure: unknown;
    try {
      const recovered = await rebuild(store, prefix, snapshot, epoch);
      if (!recovered.sealed) return { ...recovered, epoch, previous };
      const newest = await findSnapshot(store, prefix);
      if (!isNewer(newest, snapshot)) return { ...recovered, epoch, previous };
      snapshot = newest;
    } catch (error) {
      failure = error;
      const newest = await findSnapshot(store, prefix);
      if (!isNewer(newest, snapshot)) throw error;
      snapshot = newest;
    }
    if (snapshot !== undefined && snapshot.epoch >= epoch) throw overtaken(prefix, epoch, failure);
  }
}

async function rebuild(
  store: ObjectStore,
  prefix: string,
  snapshot: Position | undefined,
  epoch: number,
): Promise<RecoveryCost & { readonly state: QueueState; readonly sealed: boolean }> {
  const state = new QueueState();
  const snapshotBytes =
    snapshot === undefined ? 0 : await loadSnapshot(store, prefix, snapshot, state);
  const apply = state.apply.bind(state);
  const log = await replay(store, prefix, snapshot ?? LOG_START, epoch, apply);
  const logCostBytes = log.bytes + log.objects * OBJECT_COST_BYTES;
  return { state, snapshot, snapshotBytes, logCostBytes, sealed: log.sealed };
}

function overtaken(prefix: string, epoch: number, cause: unknown): FencedError {
  return new FencedError(
    `another process has opened the queue at ${prefix} while this one, epoch ${epoch}, was opening it`,
    { cause },
  );
}
