import type { Effects, EnqueueOptions, EnqueueRequest } from "@wf/core";
import { newReference } from "../layout/keys.ts";
import { type Op, OpTag } from "../layout/op.ts";
import type { ByteBudget } from "../log/byte-budget.ts";
import type { PayloadObjects } from "./payload-objects.ts";

/** An enqueue whose payload is stored already. */
export interface OffloadedRequest extends EnqueueRequest {
  readonly payloadReference: string;
}

const NO_BYTES = new Uint8Array();

/** Stores large payloads before the commit that refers to them. */
export class Offload {
  readonly #objects: PayloadObjects;
  readonly #budget: ByteBudget;
  readonly #aboveBytes: number;
  readonly #epoch: number;
  readonly #signal: AbortSignal;
  readonly #unadopted = new Set<string>();
  #written = 0;

  constructor(
    objects: PayloadObjects,
    budget: ByteBudget,
    aboveBytes: number,
    epoch: number,
    signal: AbortSignal,
  ) {
    this.#objects = objects;
    this.#budget = budget;
    this.#aboveBytes = aboveBytes;
    this.#epoch = epoch;
    this.#signal = signal;
  }

  /** Whether a commit of these effects has payloads to store first. */
  isNeeded(effects: Effects | undefined): boolean {
    return effects?.enqueue?.some(({ payload }) => this.isLarge(payload)) ?? false;
  }

  isLarge(payload: Uint8Array): boolean {
    return payload.length > this.#aboveBytes;
  }

  /**
   * Stores the large payloads among `effects`, then has the rest committed. Payloads that no commit adopts,
   * because it is refused or a dedup key is held, are removed again.
   */
  async commit<T>(effects: Effects, commit: (effects: Effects) => Promise<T>): Promise<T> {
    const stored: string[] = [];
    try {
      const requests = (effects.enqueue ?? []).map((request) => this.#store(request, stored));
      return await commit({ ...effects, enqueue: await Promise.all(requests) });
    } finally {
      const unused = stored.filter((reference) => this.#unadopted.delete(reference));
      if (unused.length > 0) await this.#objects.remove(unused);
    }
  }

  /** These ops go into the log: what they refer to is theirs now. */
  adopt(ops: readonly Op[]): void {
    if (this.#unadopted.size === 0) return;
    for (const op of ops) {
      if (op.tag === OpTag.enqueue && op.job.payloadReference !== undefined) {
        this.#unadopted.delete(op.job.payloadReference);
      }
    }
  }

  async #store(request: EnqueueRequest, stored: string[]): Promise<EnqueueRequest> {
    if (!this.isLarge(request.payload)) return request;
    const payloadReference = newReference(this.#epoch, ++this.#written);
    stored.push(payloadReference);
    this.#unadopted.add(payloadReference);
    this.#budget.add(request.payload.length);
    try {
      await this.#objects.write(payloadReference, request.payload, this.#signal);
    } finally {
      this.#budget.release(request.payload.length);
    }
    const offloaded: OffloadedRequest = { ...request, payload: NO_BYTES, payloadReference };
    return offloaded;
  }
}

export function payloadReferenceOf(request: EnqueueOptions): string | undefined {
  return (request as Partial<OffloadedRequest>).payloadReference;
}
