import type { Queue } from "../queue/queue.ts";

/** In KV while the memo of an ended run is removed, so that nobody submits the run meanwhile. */
export interface SweepGuard {
  readonly bytes: Uint8Array;
}

/** After so long its process counts as dead. Clearing a run takes a few requests. */
const MAX_SWEEP_MS = 60_000;

export function beginSweep(queue: Queue, now: number): SweepGuard {
  return { bytes: Buffer.from(`${now} ${queue.nextJobId()}`) };
}

export function isUnderWay(guard: Uint8Array, now: number): boolean {
  return now - Number.parseInt(Buffer.from(guard).toString(), 10) < MAX_SWEEP_MS;
}
