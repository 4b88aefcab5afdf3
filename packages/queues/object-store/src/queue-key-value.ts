import { type CommitResult, type Effects, type KeyValue, WfError } from "@wf/core";
import { checkBytes, checkKvKey, show } from "@wf/core/adapter";
import type { QueueState } from "./state/queue-state.ts";
import { StateKeyValues } from "./state-key-values.ts";

/** The KV side of a queue: reads from the state, writes as commits. */
export class QueueKeyValue extends StateKeyValues implements KeyValue {
  readonly #commit: (effects: Effects) => Promise<CommitResult>;

  constructor(
    state: QueueState,
    checkOpen: () => void,
    commit: (effects: Effects) => Promise<CommitResult>,
  ) {
    super(state, checkOpen);
    this.#commit = commit;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    checkKvKey(key);
    await this.#commit({ put: { [key]: value } });
  }

  async delete(key: string): Promise<void> {
    await this.#commit({ delete: [key] });
  }

  async compareAndPut(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean> {
    checkKvKey(key);
    return await this.#succeeds({ expect: { [key]: expected }, put: { [key]: value } });
  }

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
