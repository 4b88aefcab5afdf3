/** Payloads of wf are bytes; the pipeline's are JSON. */
export function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The caller knows who wrote the bytes, and so what they hold. */
export function fromBytes<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes));
}
