import { checkMethods, checkObject, checkSignal } from "../argument-checks.ts";
import { checkLogger } from "../component-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { WfError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { checkInteger, checkQueueName } from "../queue/checks.ts";
import type { Claim, Queue } from "../queue/queue.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { positiveMs } from "./positive-duration.ts";

export const MAX_CONCURRENCY = 10_000;
export const DEFAULT_POLL_INTERVAL: Duration = "1h";

/** Handles one claim, settlement included. */
export type Deliver = (claim: Claim) => Promise<void>;

export interface ClaimLoopOptions {
  /** Aborting it ends the claiming; what is in flight runs to its end. */
  readonly signal: AbortSignal;
  /** Claims in flight at once, 1 to 10,000. */
  readonly concurrency: number;
  /** What claims start with and are kept at. Default: the queue's. */
  readonly lease?: Duration | undefined;
  /** How long the lease of one claim is kept at most. Default: as long as it is in flight. */
  readonly maxRunTime?: Duration | undefined;
  /**
   * How long one claim waits for jobs before it asks again. Default 1 h, because a queue wakes a waiting
   * claim when a job comes; a shorter one only costs.
   */
  readonly pollInterval?: Duration | undefined;
  /** Default: none. */
  readonly logger?: Logger | undefined;
}

/**
 * Claims jobs up to the free capacity and hands each to `deliver`, until the signal is aborted; then waits
 * for what is in flight, however long that takes. A failure of `deliver` is logged and the loop goes on. A
 * failure to claim ends the loop and is thrown once what is in flight has ended.
 *
 * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME before anything is claimed
 */
export async function runClaims(
  queue: Queue,
  queueName: string,
  deliver: Deliver,
  options: ClaimLoopOptions,
): Promise<void> {
  const loop = new ClaimLoop(queue, queueName, deliver, options);
  await loop.run();
}

class ClaimLoop {
  readonly #queue: Queue;
  readonly #queueName: string;
  readonly #deliver: Deliver;
  readonly #signal: AbortSignal;
  readonly #concurrency: number;
  readonly #leaseMs: number | undefined;
  readonly #pollMs: number;
  readonly #logger: Logger;
  readonly #leases: LeaseKeeper;
  #inFlight = 0;
  /** Called at the end of a delivery, where the loop waits for one. */
  #onDelivered: (() => void) | undefined;

  constructor(queue: Queue, queueName: string, deliver: Deliver, options: ClaimLoopOptions) {
    checkMethods(queue, "queue", ["claim", "ack", "nack", "deadLetter"], "a Queue");
    checkQueueName(queueName);
    checkInteger(options.concurrency, "concurrency", 1, MAX_CONCURRENCY);
    checkStopSignal(options);
    this.#queue = queue;
    this.#queueName = queueName;
    this.#deliver = deliver;
    this.#signal = options.signal;
    this.#concurrency = options.concurrency;
    const {
      lease,
      maxRunTime,
      pollInterval = DEFAULT_POLL_INTERVAL,
      logger = silentLogger,
    } = options;
    checkLogger(logger);
    this.#leaseMs = lease === undefined ? undefined : positiveMs(lease, "lease");
    this.#pollMs = toMs(pollInterval, "pollInterval");
    this.#logger = logger;
    this.#leases = new LeaseKeeper({
      clock: queue.clock,
      logger: this.#logger,
      leaseMs: this.#leaseMs,
      maxRunMs: maxRunTime === undefined ? undefined : positiveMs(maxRunTime, "maxRunTime"),
    });
  }

  async run(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        if (this.#inFlight === this.#concurrency) await this.#delivered();
        else for (const claim of await this.#claim()) void this.#start(claim);
      }
    } finally {
      while (this.#inFlight > 0) await this.#delivered();
      this.#leases.stop();
    }
  }

  async #claim(): Promise<readonly Claim[]> {
    try {
      return await this.#queue.claim(this.#queueName, {
        max: this.#concurrency - this.#inFlight,
        lease: this.#leaseMs,
        wait: this.#pollMs,
        signal: this.#signal,
      });
    } catch (error) {
      if (this.#signal.aborted && isAbort(error, this.#signal)) return [];
      throw error;
    }
  }

  async #start(claim: Claim): Promise<void> {
    this.#inFlight++;
    const kept = this.#leases.add(claim);
    try {
      await this.#deliver(claim);
    } catch (error) {
      this.#logger.error(
        { queue: this.#queueName, jobId: claim.job.id, err: error },
        "a job could not be settled; it comes back when its lease ends",
      );
    }
    this.#leases.remove(kept);
    this.#inFlight--;
    this.#onDelivered?.();
  }

  #delivered(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDelivered = () => {
        this.#onDelivered = undefined;
        resolve();
      };
    });
  }
}

/** Checks the one option that cannot be left out: nothing else ends the work. @throws WF_INVALID_ARGUMENT */
export function checkStopSignal(options: { readonly signal: AbortSignal }): void {
  checkObject(options, "options");
  checkSignal(options.signal);
  if (options.signal !== undefined) return;
  throw new WfError("WF_INVALID_ARGUMENT", "signal is undefined: give an AbortSignal");
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
