import { isPermanent, StoreError } from "@wf/core";
import { backoffMs, decodeFrame, encodeFrame } from "@wf/core/adapter";
import { payloadKey, payloadsPrefix } from "../layout/keys.ts";
import { damaged } from "../layout/segment.ts";
import { type CreateContext, createSurely, STORE_BACKOFF } from "../log/create-surely.ts";

/** The body is the reference, in ASCII, and the payload: so that an object at another's key is noticed. */
const PAYLOAD = { magic: "wfpl", version: 1 } as const;

/** Keys in one delete, which is what S3 takes. */
const DELETE_MAX_KEYS = 1_000;

/** Payloads that are objects of their own, named by a reference that the job's record holds. */
export class PayloadObjects {
  readonly #context: CreateContext;
  readonly #prefix: string;

  constructor(context: CreateContext, prefix: string) {
    this.#context = context;
    this.#prefix = prefix;
  }

  /** Stores a payload; durable when resolved. Tries until the store has it, or the signal is aborted. */
  async write(reference: string, payload: Uint8Array, signal: AbortSignal): Promise<void> {
    const key = payloadKey(this.#prefix, reference);
    const frame = encodeFrame(PAYLOAD, Buffer.from(reference), payload);
    await createSurely(key, frame, { ...this.#context, signal });
  }

  /** @throws WF_PAYLOAD_MISSING, WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED, and what the store throws */
  async read(reference: string): Promise<Uint8Array> {
    const key = payloadKey(this.#prefix, reference);
    const stored = await this.#context.store.get(key);
    if (stored !== undefined) return decodePayload(key, stored, reference);
    throw new StoreError(
      "WF_PAYLOAD_MISSING",
      `${key}: the payload of a job is missing; its job was removed meanwhile, or the object was deleted`,
      { key },
    );
  }

  /** As {@link read}, and tries again while the store fails, until the signal is aborted. */
  async readSurely(reference: string, signal: AbortSignal): Promise<Uint8Array> {
    const { clock, random, logger } = this.#context;
    for (let tries = 1; ; tries++) {
      try {
        return await this.read(reference);
      } catch (error) {
        if (isPermanent(error)) throw error;
        const waitMs = backoffMs(STORE_BACKOFF, tries, random);
        logger.warn(
          { err: error, reference, tries, waitMs },
          "reading a payload failed, trying again",
        );
        await clock.sleep(waitMs, signal);
      }
    }
  }

  /** Removes payloads that no job needs. What fails is left to the next collection. */
  async remove(references: readonly string[]): Promise<void> {
    const { store, logger } = this.#context;
    for (let first = 0; first < references.length; first += DELETE_MAX_KEYS) {
      const batch = references.slice(first, first + DELETE_MAX_KEYS);
      try {
        await store.delete(batch.map((reference) => payloadKey(this.#prefix, reference)));
      } catch (error) {
        logger.warn(
          { err: error, payloads: batch.length },
          "removing payloads failed; left to be collected",
        );
      }
    }
  }

  /**
   * Removes what crashes have left of the epochs before `epoch`, whose owners cannot refer to anything any
   * more: payloads that were stored and never referred to, or not removed with their job.
   */
  async collectOrphans(epoch: number, isReferred: (reference: string) => boolean): Promise<void> {
    const prefix = payloadsPrefix(this.#prefix);
    const orphans: string[] = [];
    for await (const { key } of this.#context.store.list(prefix)) {
      const reference = key.slice(prefix.length);
      if (Number.parseInt(reference, 10) >= epoch) break;
      if (!isReferred(reference)) orphans.push(reference);
    }
    await this.remove(orphans);
  }
}

function decodePayload(key: string, stored: Uint8Array, reference: string): Uint8Array {
  const body = decodeFrame(PAYLOAD, key, stored);
  const found = Buffer.from(body.subarray(0, reference.length)).toString();
  if (found !== reference) throw damaged(key, "it is the payload of another job");
  return body.slice(reference.length);
}
