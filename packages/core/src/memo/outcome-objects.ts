import { OUTCOME_FRAME, outcomeObjectKey } from "./memo-keys.ts";
import type { MemoObjects } from "./memo-objects.ts";

/** Outcomes that are too large for the queue's key-value store, beside the memos. */
export class OutcomeObjects {
  readonly #objects: MemoObjects;
  readonly #prefix: string;

  constructor(objects: MemoObjects, prefix: string) {
    this.#objects = objects;
    this.#prefix = prefix;
  }

  async write(runId: string, jobId: string, outcome: Uint8Array): Promise<void> {
    await this.#objects.write(this.#key(runId, jobId), OUTCOME_FRAME, outcome);
  }

  async read(runId: string, jobId: string): Promise<Uint8Array | undefined> {
    return await this.#objects.read(this.#key(runId, jobId), OUTCOME_FRAME);
  }

  /** A missing one is no error. */
  async remove(runId: string, jobId: string): Promise<void> {
    await this.#objects.remove(this.#key(runId, jobId));
  }

  #key(runId: string, jobId: string): string {
    return outcomeObjectKey(this.#prefix, runId, jobId);
  }
}
