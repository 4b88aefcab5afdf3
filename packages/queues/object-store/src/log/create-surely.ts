import {
  type Clock,
  type CreateResult,
  createObject,
  isPermanent,
  type Logger,
  type ObjectStore,
  type RandomSource,
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
 * other content meanwhile.
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
      if (isPermanent(error)) throw error;
      const waitMs = backoffMs(STORE_BACKOFF, tries, random);
      logger.warn({ err: error, key, tries, waitMs }, "a write to the store failed, trying again");
      await clock.sleep(waitMs, signal);
    }
  }
}
