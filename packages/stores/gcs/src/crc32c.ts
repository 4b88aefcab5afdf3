/** CRC-32C (Castagnoli): reflected, polynomial 0x1EDC6F41 (RFC 3720, 12.1). */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  }
  return remainder;
});

/**
 * The checksum of `bytes` as Cloud Storage writes it: big-endian, in base64. Node has CRC-32 only, and the
 * class of `@google-cloud/storage` takes ten times as long (300 ms for 8 MiB).
 *
 * @see https://cloud.google.com/storage/docs/data-validation
 */
export function crc32c(bytes: Uint8Array): string {
  let remainder = -1;
  for (let i = 0; i < bytes.length; i++) {
    remainder = (TABLE[(remainder ^ (bytes[i] as number)) & 0xff] as number) ^ (remainder >>> 8);
  }
  const checksum = Buffer.alloc(4);
  checksum.writeInt32BE(~remainder);
  return checksum.toString("base64");
}
