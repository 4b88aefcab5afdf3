import { QUEUE_PREFIX } from "../plan/plan.ts";
import type { Stage } from "../world/stage.ts";
import { require } from "./violation.ts";
import type { Walker } from "./walker.ts";

/** What a run leaves in the key-value store only while it is active. */
const OF_ACTIVE_RUNS = ["workflow/runs/", "workflow/signal-buf/", "workflow/signal-delivered/"];

/**
 * After everything has ended, nothing is left but what is kept on purpose: no state of runs, and no payload of a job that is gone.
 */
export async function checkLeftovers(stage: Stage, { state }: Walker): Promise<void> {
  for (const key of state.kv.keys()) {
    const left = OF_ACTIVE_RUNS.find((prefix) => key.startsWith(prefix));
    require(left === undefined, () => `${key} is left when no run is active`);
  }
  const prefix = `${QUEUE_PREFIX}/payloads/`;
  const needed = new Set<string>();
  for (const { payloadReference } of state.jobs.values()) {
    if (payloadReference !== undefined) needed.add(prefix + payloadReference);
  }
  const { archive } = stage.world;
  const stored = await archive.keys(prefix);
  for (const key of needed) {
    require(stored.includes(key), () => `${key} is gone, and its job is there`);
  }
  for (const key of stored) {
    const isLate = (archive.lastPut.get(key)?.tick ?? 0) > stage.openedLastAt;
    require(needed.has(key) || isLate, () => `${key} is left, and no job needs it`);
  }
}
