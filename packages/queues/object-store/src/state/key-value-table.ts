import { SortedSet } from "./sorted-set.ts";
import type { StateCapture } from "./state-capture.ts";
import { StringTable } from "./string-table.ts";

/** What a key holds. A write replaces the entry, so that one which was handed to a capture stays as it is. */
export interface KeyValueEntryRecord {
  readonly key: string;
  readonly value: Uint8Array;
  /** The newest capture that has, or must not have, this entry. */
  capture: number;
}

/** The KV entries: values by key, and the keys in order for scans. */
export class KeyValueTable {
  readonly #entries = new StringTable<KeyValueEntryRecord>((entry) => entry.key);
  /** Changed only when a key comes or goes, so that rewriting a value stays cheap. */
  readonly #keys = new SortedSet<string>(compareUtf8);
  #capture: StateCapture | undefined;
  #bytes = 0;

  captureInto(capture: StateCapture | undefined): void {
    this.#capture = capture;
  }

  /** About how many bytes the entries take in a snapshot. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All entries in order, safe against changes meanwhile: what stays as it is is met once. */
  *walk(): Generator<KeyValueEntryRecord> {
    for (const key of this.#keys.walk((key) => key)) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield entry;
    }
  }

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key)?.value;
  }

  put(key: string, value: Uint8Array): void {
    const entry = { key, value, capture: 0 };
    const known = this.#entries.set(key, entry);
    if (known === undefined) this.#keys.add(key);
    else this.#leave(known);
    this.#capture?.adding(entry);
    this.#bytes += key.length + value.length;
  }

  delete(key: string): void {
    const known = this.#entries.delete(key);
    if (known === undefined) return;
    this.#leave(known);
    this.#keys.delete(key);
  }

  #leave(entry: KeyValueEntryRecord): void {
    this.#capture?.changing(entry);
    this.#bytes -= entry.key.length + entry.value.length;
  }

  /** Up to `limit` entries whose key starts with `prefix` and is after `after`, in order. */
  scan(prefix: string, after: string | undefined, limit: number): KeyValueEntryRecord[] {
    const found: KeyValueEntryRecord[] = [];
    const start = after !== undefined && compareUtf8(after, prefix) > 0 ? after : prefix;
    for (const key of this.#keys.from(start)) {
      if (key === after) continue;
      if (!key.startsWith(prefix) || found.length === limit) break;
      found.push(this.#entries.get(key) as KeyValueEntryRecord);
    }
    return found;
  }
}

/** Order of the UTF-8 bytes, which differs from that of UTF-16 where surrogates meet U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return a.length - b.length;
}

function utf8Rank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit;
  return codeUnit < 0xe000 ? codeUnit + 0x2000 : codeUnit - 0x800;
}
