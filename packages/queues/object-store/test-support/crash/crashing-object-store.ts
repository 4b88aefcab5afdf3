import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";

/**
 * What has become of the write at the crash:
 *
 *     before      nothing
 *     half        of a delete of several keys, the first half is done
 *     after       it is done, and nobody was told
 *     overtaken   nothing, while writes that came after it are done and were answered
 *     late        as overtaken, and it is done when the next process is at work already
 */
export const CRASH_MOMENTS = ["before", "half", "after", "overtaken", "late"] as const;
export type CrashMoment = (typeof CRASH_MOMENTS)[number];

export interface Crash {
  /** The number of the write, from 0. */
  readonly write: number;
  readonly moment: CrashMoment;
}

/** Writes that may overtake the one at the crash. */
const MAX_OVERTAKING = 6;

/** A store whose user dies at one of its writes: from then on no request has any effect or any answer. */
export class CrashingObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #crash: Crash | undefined;
  readonly #beforeWrite: (() => Promise<void>) | undefined;
  #held: (() => Promise<void>) | undefined;
  /** The writes so far, by what was asked. */
  readonly writes: string[] = [];
  requests = 0;
  crashed = false;

  /** @param beforeWrite is awaited before each write that is done */
  constructor(
    inner: ObjectStore,
    crash: Crash | undefined,
    beforeWrite?: (() => Promise<void>) | undefined,
  ) {
    this.#inner = inner;
    this.#crash = crash;
    this.#beforeWrite = beforeWrite;
  }

  /** Whether the write at the crash hangs while others go on. */
  get isHolding(): boolean {
    return this.#held !== undefined && !this.crashed;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    const whole = () => this.#inner.put(key, body, options);
    return this.#write(`put ${key}`, whole, async () => {});
  }

  delete(keys: string | readonly string[], options?: StoreCallOptions): Promise<void> {
    const all = typeof keys === "string" ? [keys] : keys;
    const whole = () => this.#inner.delete(keys, options);
    const half = () => this.#inner.delete(all.slice(0, all.length / 2));
    return this.#write(all.length > 1 ? `delete all of ${all}` : `delete ${all}`, whole, half);
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    this.requests++;
    return this.crashed ? never() : this.#inner.get(key, options);
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    this.requests++;
    if (this.crashed) await never();
    yield* this.#inner.list(prefix, options);
  }

  /** The process dies now, if it has not yet. */
  crash(): void {
    this.crashed = true;
  }

  /** The write that hung is done, as if it had been on its way all the time. */
  async land(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    // What it would be refused for, nobody hears.
    await held?.().catch(() => {});
  }

  async #write(what: string, whole: () => Promise<void>, half: () => Promise<void>): Promise<void> {
    this.requests++;
    if (this.crashed) return never();
    const number = this.writes.push(what) - 1;
    const { write, moment } = this.#crash ?? {};
    if (write === undefined || number < write) {
      await this.#beforeWrite?.();
      return whole();
    }
    if (number > write) {
      if (number - write > MAX_OVERTAKING) this.crash();
      return this.crashed ? never() : whole();
    }
    if (moment === "overtaken" || moment === "late") {
      this.#held = whole;
      return never();
    }
    this.crash();
    if (moment === "after") await whole();
    if (moment === "half") await half();
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
