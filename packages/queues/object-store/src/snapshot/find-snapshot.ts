import type { ObjectStore } from "@wf/core";
import { parseSnapshotKey, snapshotsPrefix } from "../layout/keys.ts";
import { comparePositions, type Position } from "../layout/position.ts";

/** Where the newest whole snapshot stands, if there is one. */
export async function findSnapshot(
  store: ObjectStore,
  prefix: string,
): Promise<Position | undefined> {
  let newest: Position | undefined;
  for await (const { key } of store.list(snapshotsPrefix(prefix))) {
    const found = parseSnapshotKey(prefix, key);
    // The listing is ascending, so the last one is the newest.
    if (found?.isWhole) newest = found.position;
  }
  return newest;
}

export function isNewer(found: Position | undefined, than: Position | undefined): boolean {
  if (found === undefined) return false;
  return than === undefined || comparePositions(found, than) > 0;
}
