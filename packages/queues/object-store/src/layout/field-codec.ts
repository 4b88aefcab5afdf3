import type { Backoff } from "@wf/core/adapter";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Fields that more than one record has. */

export function encodeList<T>(
  writer: ByteWriter,
  items: readonly T[],
  encode: (writer: ByteWriter, item: T) => void,
): void {
  writer.uint(items.length);
  for (const item of items) encode(writer, item);
}

export function decodeList<T>(reader: ByteReader, decode: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.uint(); left > 0; left--) items.push(decode(reader));
  return items;
}

export function encodeHeaders(writer: ByteWriter, headers: Readonly<Record<string, string>>): void {
  const names = Object.keys(headers);
  writer.uint(names.length);
  for (const name of names) {
    writer.string(name);
    writer.string(headers[name] as string);
  }
}

export function decodeHeaders(reader: ByteReader): Readonly<Record<string, string>> {
  const entries = decodeList(reader, () => [reader.string(), reader.string()] as const);
  return Object.freeze(Object.fromEntries(entries));
}

export function encodePuts(writer: ByteWriter, puts: Readonly<Record<string, Uint8Array>>): void {
  const keys = Object.keys(puts);
  writer.uint(keys.length);
  for (const key of keys) {
    writer.string(key);
    writer.bytes(puts[key] as Uint8Array);
  }
}

export function decodePuts(reader: ByteReader): Record<string, Uint8Array> {
  return Object.fromEntries(decodeList(reader, () => [reader.string(), reader.bytes()] as const));
}

export function encodeBackoff(writer: ByteWriter, backoff: Backoff): void {
  writer.uint(backoff.baseMs);
  writer.uint(backoff.capMs);
  writer.byte(backoff.jitter === "full" ? 1 : 0);
}

export function decodeBackoff(reader: ByteReader): Backoff {
  return {
    baseMs: reader.uint(),
    capMs: reader.uint(),
    jitter: reader.byte() === 1 ? "full" : "none",
  };
}
