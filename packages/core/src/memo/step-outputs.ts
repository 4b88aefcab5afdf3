import { OUTPUT_FRAME, stepOutputKey } from "./memo-keys.ts";
import type { MemoObjects } from "./memo-objects.ts";

/** What steps returned, kept until it is committed: beside the memos, and removed with them. */
export class StepOutputs {
  readonly #objects: MemoObjects;
  readonly #prefix: string;

  constructor(objects: MemoObjects, prefix: string) {
    this.#objects = objects;
    this.#prefix = prefix;
  }

  async write(runId: string, step: number, payload: Uint8Array, output: Uint8Array): Promise<void> {
    await this.#objects.write(this.#key(runId, step, payload), OUTPUT_FRAME, output);
  }

  async read(runId: string, step: number, payload: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#objects.read(this.#key(runId, step, payload), OUTPUT_FRAME);
  }

  #key(runId: string, step: number, payload: Uint8Array): string {
    return stepOutputKey(this.#prefix, runId, step, payload);
  }
}
