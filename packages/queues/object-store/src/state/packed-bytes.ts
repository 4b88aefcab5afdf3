/** Bytes up to this length share slabs; longer ones have an array of their own. */
const PACK_MAX_BYTES = 1_024;
/** Small, because one value that stays keeps its whole slab in memory. */
const SLAB_BYTES = 8_192;

let slab = new Uint8Array(SLAB_BYTES);
let used = 0;

/** Where packed bytes are. */
export interface Packed {
  readonly slab: Uint8Array;
  readonly start: number;
}

/**
 * A copy of `bytes` within an array that many values share: an array of its own costs some 200 bytes
 * beside its content.
 */
export function pack(bytes: Uint8Array): Packed {
  if (bytes.length > PACK_MAX_BYTES) return { slab: new Uint8Array(bytes), start: 0 };
  if (used + bytes.length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  slab.set(bytes, start);
  used += bytes.length;
  return { slab, start };
}

/** A copy of `bytes` for inside use: handing it out would hand out the slab with it. */
export function packedCopy(bytes: Uint8Array): Uint8Array {
  const { slab: array, start } = pack(bytes);
  return array.subarray(start, start + bytes.length);
}
