import { decodeFrame, encodeFrame } from "@wf/core/adapter";

const EPOCH = { magic: "wfep", version: 1 } as const;

/** Who opened the queue as its owner. */
export interface Owner {
  readonly epoch: number;
  /** Unique to this opening. */
  readonly ownerId: string;
  readonly host: string;
  readonly processId: number;
  /** Milliseconds since the Unix epoch. */
  readonly openedAt: number;
}

export function encodeEpoch(owner: Owner): Uint8Array {
  return encodeFrame(EPOCH, Buffer.from(JSON.stringify(owner)));
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeEpoch(key: string, stored: Uint8Array): Owner {
  return JSON.parse(Buffer.from(decodeFrame(EPOCH, key, stored)).toString()) as Owner;
}
