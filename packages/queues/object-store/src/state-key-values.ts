import type { KeyValueEntry, KeyValueReader, Page, PageOptions } from "@wf/core";
import { checkKvKey, checkText, pageLimit } from "@wf/core/adapter";
import type { QueueState } from "./state/queue-state.ts";

/** Reads the KV entries of a state as callers see them. */
export class StateKeyValues implements KeyValueReader {
  readonly #state: QueueState;
  readonly #checkOpen: () => void;

  /** @param checkOpen refuses when the state is not to be read any more */
  constructor(state: QueueState, checkOpen: () => void) {
    this.#state = state;
    this.#checkOpen = checkOpen;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    checkKvKey(key);
    const value = this.#state.kv.get(key);
    return value && copyOf(value);
  }

  async scan(prefix: string, page?: PageOptions): Promise<Page<KeyValueEntry>> {
    this.#checkOpen();
    checkText(prefix, "prefix");
    const limit = pageLimit(page);
    const found = this.#state.kv.scan(prefix, page?.after, limit + 1);
    const items = found.slice(0, limit).map(({ key, value }) => ({ key, value: copyOf(value) }));
    return { items, next: found.length > limit ? items.at(-1)?.key : undefined };
  }
}

/** From the pool of small buffers that Node has for that, since an array of its own takes five times as long. */
function copyOf(value: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(value);
  return new Uint8Array(buffer, byteOffset, length);
}
