import { decodeJson, encodeJson, isCount, type Untyped } from "./json-object.ts";
import { damaged } from "./segment.ts";

const HEARTBEAT = { magic: "wfhb", version: 1 } as const;

/** A sign of life of the owner, written over the one before. */
export interface Beat {
  /** The owner's: see {@link Owner.epoch}. */
  readonly epoch: number;
  /** From 1, one more with each beat. */
  readonly count: number;
  /** Milliseconds since the Unix epoch, by the owner's clock. */
  readonly at: number;
  /** Milliseconds from one beat to the next. */
  readonly intervalMs: number;
}

export function encodeHeartbeat(beat: Beat): Uint8Array {
  const { epoch, count, at, intervalMs } = beat;
  return encodeJson(HEARTBEAT, { epoch, count, at, intervalMs });
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeHeartbeat(key: string, stored: Uint8Array, epoch: number): Beat {
  const beat = decodeJson(HEARTBEAT, key, stored, isBeat);
  if (beat.epoch !== epoch) throw damaged(key, `it is the heartbeat of epoch ${beat.epoch}`);
  return beat;
}

function isBeat({ epoch, count, at, intervalMs }: Untyped<Beat>): boolean {
  return [epoch, count, at, intervalMs].every(isCount);
}
