import type {
  CommitResult,
  Effects,
  KeyValueEntry,
  KeyValueReader,
  Page,
  PageOptions,
} from "@wf/core";
import { CommittedKeyValue } from "@wf/core/adapter";

/** The KV side of a queue: reads from the state, writes as commits. */
export class QueueKeyValue extends CommittedKeyValue {
  readonly #state: KeyValueReader;

  constructor(state: KeyValueReader, commit: (effects: Effects) => Promise<CommitResult>) {
    super(commit);
    this.#state = state;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#state.get(key);
  }

  scan(prefix: string, page?: PageOptions): Promise<Page<KeyValueEntry>> {
    return this.#state.scan(prefix, page);
  }
}
