import { OUTPUT_FRAME, stepOutputName } from "./memo-keys.ts";
import type { MemoObjects } from "./memo-objects.ts";

/** What steps returned, kept until it is committed: beside the memos, and removed with them. */
export class StepOutputs {
  readonly #objects: MemoObjects;

  constructor(objects: MemoObjects) {
    this.#objects = objects;
  }

  async write(runId: string, step: number, payload: Uint8Array, output: Uint8Array): Promise<void> {
    await this.#objects.write(stepOutputName(runId, step, payload), OUTPUT_FRAME, output);
  }

  async read(runId: string, step: number, payload: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#objects.read(stepOutputName(runId, step, payload), OUTPUT_FRAME);
  }
}
