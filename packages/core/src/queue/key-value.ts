import type { Page, PageOptions } from "./page.ts";

/**
 * Coordination state of the queue's callers, kept with the jobs so that both change in one commit.
 *
 * Keys are well-formed strings of 1 to 512 bytes in UTF-8; values are at most 256 KiB. Keys that start
 * with `workflow/` belong to the workflow runtime. What was read is durable; what was written is durable
 * when the promise resolves. Bad keys and values fail with WF_INVALID_KEY and WF_KV_VALUE_TOO_LARGE.
 */
export interface KeyValue extends KeyValueReader {
  /** Writes `value`, whatever is there. @throws WF_INVALID_KEY, WF_KV_VALUE_TOO_LARGE, WF_INVALID_ARGUMENT */
  put(key: string, value: Uint8Array): Promise<void>;
  /** A missing key is no error. */
  delete(key: string): Promise<void>;
  /** Writes if the key holds `expected` (undefined: is absent); says whether it did. */
  compareAndPut(key: string, expected: Uint8Array | undefined, value: Uint8Array): Promise<boolean>;
  /** Deletes if the key holds `expected`; says whether it did. */
  compareAndDelete(key: string, expected: Uint8Array): Promise<boolean>;
}

/** The reading half of {@link KeyValue}, also where another process serves it. */
export interface KeyValueReader {
  /** The value, or undefined where there is none. @throws WF_INVALID_KEY */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Entries whose key starts with `prefix` ("" for all), in byte order of the keys. Entries that are there
   * during the whole walk over the pages are seen; pages are not one snapshot.
   */
  scan(prefix: string, page?: PageOptions): Promise<Page<KeyValueEntry>>;
}

/** One entry of {@link KeyValueReader.scan}. */
export interface KeyValueEntry {
  /** All of it, the prefix that was asked for included. */
  readonly key: string;
  /** At most 256 KiB. */
  readonly value: Uint8Array;
}
