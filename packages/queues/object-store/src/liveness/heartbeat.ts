import type { Clock, Logger, ObjectStore } from "@wf/core";
import { encodeHeartbeat } from "../layout/heartbeat-object.ts";
import { heartbeatKey, heartbeatsPrefix, trailingNumber } from "../layout/keys.ts";

export interface HeartbeatOptions {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly epoch: number;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The owner's sign of life: a small object, written anew at each interval. It takes no part in who owns the
 * queue, which the log alone decides: a beat that fails, or that comes after the owner was fenced, only
 * misinforms.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #stopped = new AbortController();
  #count = 0;

  private constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /**
   * Writes the first beat, where there is to be any, and removes those of owners before.
   *
   * @throws what the store throws at the first beat
   */
  static async begin(
    options: Omit<HeartbeatOptions, "intervalMs">,
    intervalMs: number | undefined,
  ): Promise<Heartbeat | undefined> {
    if (intervalMs === undefined) return undefined;
    const heartbeat = new Heartbeat({ ...options, intervalMs });
    await heartbeat.#beat();
    await heartbeat.#removeOld();
    return heartbeat;
  }

  /** Goes on beating until it is stopped. */
  async run(): Promise<void> {
    const { clock, intervalMs, logger, prefix, epoch } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await clock.sleep(intervalMs, signal);
        await this.#beat();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, prefix, epoch }, "a heartbeat failed; the next one may not");
      }
    }
  }

  stop(): void {
    this.#stopped.abort(new Error("the heartbeat has ended"));
  }

  async #removeOld(): Promise<void> {
    const { store, prefix, epoch, logger } = this.#options;
    try {
      const old: string[] = [];
      for await (const { key } of store.list(heartbeatsPrefix(prefix))) {
        if ((trailingNumber(key) ?? epoch) < epoch) old.push(key);
      }
      if (old.length > 0) await store.delete(old);
    } catch (error) {
      logger.warn(
        { err: error, prefix },
        "removing old heartbeats failed; the next opening tries again",
      );
    }
  }

  #beat(): Promise<void> {
    const { store, prefix, epoch, intervalMs, clock } = this.#options;
    const beat = { epoch, count: ++this.#count, at: clock.now(), intervalMs };
    const { signal } = this.#stopped;
    return store.put(heartbeatKey(prefix, epoch), encodeHeartbeat(beat), { signal });
  }
}
