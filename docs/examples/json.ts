/** Payloads are bytes; what they mean is the application's. */
export function toBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function fromBytes(bytes: Uint8Array) {
  return JSON.parse(Buffer.from(bytes).toString());
}
