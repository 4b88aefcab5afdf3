import { OUTCOME_FRAME, outcomeName } from "./memo-keys.ts";
import type { MemoObjects } from "./memo-objects.ts";

/** Outcomes that are too large for the queue's key-value store, beside the memos. */
export class OutcomeObjects {
  readonly #objects: MemoObjects;

  constructor(objects: MemoObjects) {
    this.#objects = objects;
  }

  async write(runId: string, jobId: string, outcome: Uint8Array): Promise<void> {
    await this.#objects.write(outcomeName(runId, jobId), OUTCOME_FRAME, outcome);
  }

  async read(runId: string, jobId: string): Promise<Uint8Array | undefined> {
    return await this.#objects.read(outcomeName(runId, jobId), OUTCOME_FRAME);
  }

  /** The key of the object, for messages. */
  keyOf(runId: string, jobId: string): string {
    return this.#objects.keyOf(outcomeName(runId, jobId));
  }

  /** Missing ones are no error. */
  async remove(outcomes: readonly { runId: string; jobId: string }[]): Promise<void> {
    await this.#objects.remove(outcomes.map(({ runId, jobId }) => outcomeName(runId, jobId)));
  }
}
