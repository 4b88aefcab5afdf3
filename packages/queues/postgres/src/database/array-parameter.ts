/** Type ids of `pg_type`, which are the same in every server. */
const OID = { bool: 16, bytea: 17, int8: 20, text: 25 } as const;

/**
 * Arrays as parameters, in the binary form that the server reads (`array_recv`): as text, bytes would take
 * twice their size and every element would have to be escaped. `pg` sends a `Buffer` as it is.
 */
export const arrays = {
  text: (items: readonly (string | undefined)[]): Buffer =>
    encode(OID.text, items, (item) => Buffer.from(item)),
  bytea: (items: readonly (Uint8Array | undefined)[]): Buffer =>
    encode(OID.bytea, items, (item) => item),
  int8: (items: readonly (number | undefined)[]): Buffer => encode(OID.int8, items, int8),
  bool: (items: readonly boolean[]): Buffer =>
    encode(OID.bool, items, (item) => Buffer.from([item ? 1 : 0])),
};

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

function encode<T>(
  oid: number,
  items: readonly (T | undefined)[],
  toBytes: (item: T) => Uint8Array,
): Buffer {
  const parts = items.map((item) => (item === undefined ? undefined : toBytes(item)));
  const bytes = parts.reduce((sum, part) => sum + LENGTH_BYTES + (part?.length ?? 0), HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(bytes);
  let at = buffer.writeInt32BE(1); // dimensions
  at = buffer.writeInt32BE(1, at); // there may be nulls
  at = buffer.writeInt32BE(oid, at);
  at = buffer.writeInt32BE(items.length, at);
  at = buffer.writeInt32BE(1, at); // the first index
  for (const part of parts) {
    at = buffer.writeInt32BE(part?.length ?? NULL_LENGTH, at);
    if (part === undefined) continue;
    buffer.set(part, at);
    at += part.length;
  }
  return buffer;
}

function int8(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
