import { setImmediate } from "node:timers";
import { type Clock, type Duration, toMs, WfError } from "@wf/core";
import { checkInteger, checkOptions, checkSignal, type OptionNames } from "@wf/core/adapter";
import { type Sleeper, Sleepers } from "./sleepers.ts";

/** 2026-01-01T00:00:00Z. */
const DEFAULT_START_MS = 1_767_225_600_000;
const DEFAULT_SETTLE_TURNS = 16;
const MAX_SETTLE_TURNS = 10_000;

/** How patient a {@link MockClock} is. */
export interface MockClockOptions {
  /**
   * Turns of the event loop (`setImmediate`) that `advance` leaves to the program before it moves time on,
   * so that what a sleeper set off can finish or sleep again. Default 16, 0 to 10,000. Raise it where a
   * chain of work takes more turns; work that waits for real I/O is not waited for.
   */
  readonly settleTurns?: number | undefined;
}

const NAMES: OptionNames<MockClockOptions> = { settleTurns: true };

/**
 * A clock that stands still until it is told to {@link MockClock.advance}: a week passes in milliseconds,
 * and in the same order each time.
 */
export class MockClock implements Clock {
  readonly #settleTurns: number;
  readonly #sleepers = new Sleepers();
  #now: number;
  #advancing = false;

  /**
   * @param startMs the time at first, in ms since the Unix epoch. Default 2026-01-01T00:00:00Z
   * @throws WF_INVALID_ARGUMENT for a start that is no whole number from 0, or `settleTurns` out of bounds
   */
  constructor(startMs: number = DEFAULT_START_MS, options: MockClockOptions = {}) {
    checkOptions(options, "options", NAMES);
    const { settleTurns = DEFAULT_SETTLE_TURNS } = options;
    checkInteger(startMs, "startMs", 0, Number.MAX_SAFE_INTEGER);
    checkInteger(settleTurns, "settleTurns", 0, MAX_SETTLE_TURNS);
    this.#now = startMs;
    this.#settleTurns = settleTurns;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleeps are under way. */
  get pendingSleepers(): number {
    return this.#sleepers.count;
  }

  /** When the next sleep ends, in ms since the Unix epoch; undefined where none is under way. */
  get nextDueAt(): number | undefined {
    return this.#sleepers.nextDueAt;
  }

  /**
   * Sleeps until {@link advance} has brought the time. A sleep of 0 resolves by itself, because no time has
   * to pass.
   *
   * @throws `signal.reason` as soon as `signal` is aborted; WF_INVALID_DURATION
   */
  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    const ms = toMs(duration);
    checkSignal(signal);
    signal?.throwIfAborted();
    if (ms > 0) await this.#sleepUntil(this.#now + ms, signal);
  }

  #sleepUntil(dueAt: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers.remove(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        dueAt,
        wake() {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /**
   * Moves time forward by `duration`, waking sleepers in order of their due time and, among equals, in the
   * order in which they went to sleep. Each sees its own due time as `now()`, and what it sets off runs
   * before time goes on: new sleeps that end within this advance end in their turn. When resolved, `now()`
   * is later by exactly `duration`. Work already under way gets its turns before time moves, so
   * `advance(0)` merely lets it settle.
   *
   * @throws WF_INVALID_STATE while another advance is under way: await each one
   * @throws WF_INVALID_DURATION
   */
  async advance(duration: Duration): Promise<void> {
    const ms = toMs(duration);
    if (this.#advancing) {
      throw new WfError(
        "WF_INVALID_STATE",
        "advance() was called while another advance is under way: await each one before the next",
      );
    }
    this.#advancing = true;
    try {
      await this.#advanceTo(this.#now + ms);
    } finally {
      this.#advancing = false;
    }
  }

  async #advanceTo(end: number): Promise<void> {
    await turns(this.#settleTurns);
    for (;;) {
      const sleeper = this.#sleepers.takeDue(end);
      if (sleeper === undefined) break;
      this.#now = sleeper.dueAt;
      sleeper.wake();
      // Among equals one turn is enough, as real timers that fall due together have no more.
      await turns(this.nextDueAt === sleeper.dueAt ? 1 : this.#settleTurns);
    }
    this.#now = end;
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((done) => setImmediate(done));
}
