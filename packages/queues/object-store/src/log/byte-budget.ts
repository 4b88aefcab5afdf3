interface Waiter {
  readonly bytes: number;
  enter(): void;
}

/**
 * Bounds what is held in memory on its way to the store. While the budget is used up, callers wait in the
 * order in which they came; one that is alone may exceed it, so that nothing is too large to pass.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #waiters = new Set<Waiter>();
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get hasRoom(): boolean {
    return this.#usedBytes < this.#maxBytes && this.#waiters.size === 0;
  }

  add(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    let room = this.#maxBytes - this.#usedBytes;
    for (const waiter of this.#waiters) {
      if (room <= 0) return;
      room -= waiter.bytes;
      waiter.enter();
    }
  }

  /**
   * Undefined where there is room now, else a promise of it.
   *
   * @param bytes about how much the caller is going to add
   * @throws `signal.reason` when the signal is aborted while waiting
   */
  admit(bytes: () => number, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.hasRoom) return undefined;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason);
      };
      const waiter = {
        bytes: bytes(),
        enter() {
          leave();
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** Nobody is kept waiting any more: what they go on to is refused by the queue itself. */
  open(): void {
    for (const waiter of this.#waiters) waiter.enter();
  }
}
