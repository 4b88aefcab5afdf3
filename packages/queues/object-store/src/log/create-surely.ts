import {
  type Clock,
  type CreateResult,
  createObject,
  isPermanent,
  type Logger,
  type ObjectStore,
  type RandomSource,
  WfError,
} from "@wf/core";
import { backoffMs } from "@wf/core/adapter";

/** Waits between tries while the store fails. */
export const STORE_BACKOFF = { baseMs: 50, capMs: 5_000, jitter: "full" } as const;

export interface CreateContext {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
}

/**
 * Repeats the same create until its outcome is known, however long the store fails: the key is never given
 * other content meanwhile. Where a later owner has collected it meanwhile it is created once more, for the next
 * opening to collect: what ends this owner is the seal, which is never collected.
 *
 * @throws what no repetition can change, and `signal.reason` between tries
 */
export async function createSurely(
  key: string,
  body: Uint8Array,
  { store, clock, random, logger, signal }: CreateContext & { readonly signal: AbortSignal },
): Promise<CreateResult> {
  for (let tries = 1; ; tries++) {
    try {
      return await createObject(store, key, body);
    } catch (error) {
      // "Already exists" is an answer only where what was there has been deleted before it could be read.
      const mayPass = !isPermanent(error) || WfError.is(error, "WF_STORE_ALREADY_EXISTS");
      if (!mayPass) throw error;
      const waitMs = backoffMs(STORE_BACKOFF, tries, random);
      logger.warn({ err: error, key, tries, waitMs }, "a write to the store failed, trying again");
      await clock.sleep(waitMs, signal);
    }
  }
}
