import { type Clock, isPermanent, type Logger, type RandomSource } from "@wf/core";
import { backoffMs } from "@wf/core/adapter";
import type { LogFollower } from "./log-follower.ts";

/** Waits beside the poll interval while the store fails. */
const FOLLOW_BACKOFF = { baseMs: 1_000, capMs: 60_000, jitter: "full" } as const;

/** Why a reader does not get on. Times are milliseconds since the Unix epoch, by the reader's clock. */
export interface FollowingFailure {
  /** What was thrown last: by the store, or for damage found in it. */
  readonly error: unknown;
  /** When following began to fail. */
  readonly since: number;
  /** Tries that failed since. */
  readonly tries: number;
}

export interface FollowingContext {
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly pollMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Keeps a follower going: a poll at each interval, a look at everything when asked to, one at a time. */
export class Following {
  readonly #follower: LogFollower;
  readonly #context: FollowingContext;
  /** The poll or look that is under way; never rejects. */
  #underWay: Promise<unknown> = Promise.resolve();
  /** The next look, which all share that ask for one before it begins. */
  #nextLook: Promise<void> | undefined;
  #failure: FollowingFailure | undefined;

  constructor(follower: LogFollower, context: FollowingContext) {
    this.#follower = follower;
    this.#context = context;
  }

  get failure(): FollowingFailure | undefined {
    return this.#failure;
  }

  /** Polls until the signal is aborted. */
  async run(): Promise<void> {
    const { clock, random, pollMs, signal } = this.#context;
    let hasMore = false;
    while (!signal.aborted) {
      const tries = this.#failure?.tries ?? 0;
      const waitMs = pollMs + (tries === 0 ? 0 : backoffMs(FOLLOW_BACKOFF, tries, random));
      try {
        if (!hasMore) await clock.sleep(waitMs, signal);
        hasMore = false;
        hasMore = await this.#inTurn(() => this.#follower.poll());
      } catch (error) {
        if (!signal.aborted) this.#warn(error);
      }
    }
    await this.#underWay;
  }

  /** Takes all that is stored by now. */
  look(): Promise<void> {
    this.#nextLook ??= this.#inTurn(() => {
      this.#nextLook = undefined;
      return this.#follower.catchUp();
    });
    return this.#nextLook;
  }

  /** Runs `act` when what is under way has ended, and keeps account of failures. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#underWay.then(async () => {
      this.#context.signal.throwIfAborted();
      try {
        const answer = await act();
        this.#failure = undefined;
        return answer;
      } catch (error) {
        this.#noteFailure(error);
        throw error;
      }
    });
    this.#underWay = result.catch(() => {});
    return result;
  }

  #noteFailure(error: unknown): void {
    const { since, tries } = this.#failure ?? { since: this.#context.clock.now(), tries: 0 };
    this.#failure = { error, since, tries: tries + 1 };
  }

  #warn(error: unknown): void {
    const { logger, prefix } = this.#context;
    const details = { err: error, prefix, tries: this.#failure?.tries };
    if (isPermanent(error)) {
      logger.error(details, "following the log failed, and reads with it until that is mended");
    } else {
      logger.warn(
        details,
        "following the log failed, trying again; reads show what was read so far",
      );
    }
  }
}
