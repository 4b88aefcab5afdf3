import { decodeJson, encodeJson, isCount, type Untyped } from "./json-object.ts";

const EPOCH = { magic: "wfep", version: 1 } as const;

/** Who opened the queue as its owner. */
export interface Owner {
  /** From 1, greater with each opening. */
  readonly epoch: number;
  /** Unique to this opening. */
  readonly ownerId: string;
  /** The machine's name, as the operating system has it. */
  readonly host: string;
  /** As the operating system of that machine has it. */
  readonly processId: number;
  /** Milliseconds since the Unix epoch. */
  readonly openedAt: number;
}

export function encodeEpoch(owner: Owner): Uint8Array {
  return encodeJson(EPOCH, owner);
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeEpoch(key: string, stored: Uint8Array): Owner {
  return decodeJson(EPOCH, key, stored, isOwner);
}

function isOwner({ epoch, ownerId, host, processId, openedAt }: Untyped<Owner>): boolean {
  const texts = typeof ownerId === "string" && typeof host === "string";
  return texts && isCount(epoch) && isCount(processId) && isCount(openedAt);
}
