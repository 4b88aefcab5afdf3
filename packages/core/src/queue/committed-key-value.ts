import { show } from "../argument-checks.ts";
import { WfError } from "../errors.ts";
import { checkBytes, checkKvKey } from "./checks.ts";
import type { Effects } from "./effects.ts";
import type { KeyValue, KeyValueEntry } from "./key-value.ts";
import type { Page, PageOptions } from "./page.ts";

/** The KV side of a queue whose writes are commits; how it is read is left to the queue. */
export abstract class CommittedKeyValue implements KeyValue {
  readonly #commit: (effects: Effects) => Promise<unknown>;

  /**
   * Nothing is read or written yet.
   *
   * @param commit as `Queue.commit`: checks the effects, and fails with WF_CONFLICT where an expectation does not hold
   */
  constructor(commit: (effects: Effects) => Promise<unknown>) {
    this.#commit = commit;
  }

  /** See `KeyValueReader.get`. */
  abstract get(key: string): Promise<Uint8Array | undefined>;

  /** See `KeyValueReader.scan`. */
  abstract scan(prefix: string, page?: PageOptions): Promise<Page<KeyValueEntry>>;

  /** See `KeyValue.put`. */
  async put(key: string, value: Uint8Array): Promise<void> {
    checkKvKey(key);
    await this.#commit({ put: { [key]: value } });
  }

  /** See `KeyValue.delete`. */
  async delete(key: string): Promise<void> {
    await this.#commit({ delete: [key] });
  }

  /** See `KeyValue.compareAndPut`. */
  async compareAndPut(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    checkKvKey(key);
    return await this.#succeeds({ expect: { [key]: expected }, put: { [key]: value } });
  }

  /** See `KeyValue.compareAndDelete`. */
  async compareAndDelete(key: string, expected: Uint8Array): Promise<boolean> {
    checkKvKey(key);
    checkBytes(expected, `the expected value of KV key ${show(key)}`);
    return await this.#succeeds({ expect: { [key]: expected }, delete: [key] });
  }

  async #succeeds(effects: Effects): Promise<boolean> {
    try {
      await this.#commit(effects);
      return true;
    } catch (error) {
      if (WfError.is(error, "WF_CONFLICT")) return false;
      throw error;
    }
  }
}
