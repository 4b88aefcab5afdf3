/** What the KV entry `lastEndKey` says where the time of the run's end is in the note on its way. */
export const END_UNKNOWN: Uint8Array = Buffer.from("?");

/** @param at ms since the Unix epoch */
export function encodeEnd(at: number): Uint8Array {
  return Buffer.from(String(at));
}

/** When the run ended; undefined for {@link END_UNKNOWN}. */
export function decodeEnd(value: Uint8Array): number | undefined {
  const text = Buffer.from(value).toString();
  return text === "?" ? undefined : Number(text);
}
