import { WfError } from "../errors.ts";
import { checkBytes, MAX_KV_VALUE_BYTES } from "../queue/checks.ts";
import type { Job } from "../queue/job.ts";
import { checkCorrelationKey, signalBufferKey, signalWaitKey } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { appendEffects, clearBuffer, roomIn } from "./signal-buffer.ts";
import {
  MAX_BUFFERED_SIGNALS,
  readBuffer,
  readWaiter,
  type Stored,
  type Waiter,
} from "./signal-state.ts";

export type Delivery = "delivered" | "buffered";

interface Sending {
  readonly payload: Uint8Array;
  resolve(delivery: Delivery): void;
  reject(error: unknown): void;
}

/** Signals of one key that go into one commit at most. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 4 * 1_048_576;
/** Changes to a key by other processes around one commit before it gives up. */
const MAX_TRIES = 100;

/**
 * Sends signals. Those of one key that are sent at the same time share a commit, in their order, because
 * they would only refuse each other otherwise. Nothing is promised that is not committed.
 */
export class SignalSender {
  readonly #context: RuntimeContext;
  readonly #sending = new Map<string, Sending[]>();

  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  /** See {@link WorkflowRuntime.signal}. */
  async send(key: string, payload: Uint8Array): Promise<Delivery> {
    checkCorrelationKey(key);
    checkPayload(payload);
    // A copy, because the caller may use its buffer again before the commit.
    const own = payload.slice();
    return await new Promise<Delivery>((resolve, reject) => {
      const sending = { payload: own, resolve, reject };
      const others = this.#sending.get(key);
      if (others !== undefined) return void others.push(sending);
      this.#sending.set(key, [sending]);
      void this.#run(key);
    });
  }

  /** See {@link WorkflowRuntime.clearSignal}. */
  async clear(key: string): Promise<boolean> {
    checkCorrelationKey(key);
    return await clearBuffer(this.#context.queue, key);
  }

  async #run(key: string): Promise<void> {
    const sending = this.#sending.get(key) as Sending[];
    while (sending.length > 0) {
      try {
        await this.#sendSome(key, sending);
      } catch (error) {
        sending.shift()?.reject(error);
      }
    }
    this.#sending.delete(key);
  }

  /** Settles at least the first of `sending`, or throws what is wrong with it. */
  async #sendSome(key: string, sending: Sending[]): Promise<void> {
    let conflict: unknown;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        const waiter = await readWaiter(this.#context.queue.kv, signalWaitKey(key));
        if (waiter !== undefined && (await isWaiting(this.#context, waiter.value))) {
          if (await this.#wake(key, waiter, sending)) return;
        } else {
          return await this.#buffer(key, waiter, sending);
        }
      } catch (error) {
        if (!WfError.is(error, "WF_CONFLICT")) throw error;
        conflict = error;
      }
    }
    throw conflict;
  }

  /** False where the wait was over at that moment; nobody is registered for the key any more then. */
  async #wake(key: string, waiter: Stored<Waiter>, sending: Sending[]): Promise<boolean> {
    const [first] = sending as [Sending];
    const waitKey = signalWaitKey(key);
    const { woken } = await this.#context.queue.commit({
      expect: { [waitKey]: waiter.bytes },
      delete: [waitKey],
      wake: [{ jobId: waiter.value.jobId, payload: first.payload }],
    });
    if (woken[0] !== "woken") return false;
    sending.shift();
    first.resolve("delivered");
    return true;
  }

  /** @param over of a wait that is over, whose step looks here when it starts */
  async #buffer(key: string, over: Stored<Waiter> | undefined, sending: Sending[]): Promise<void> {
    const { queue } = this.#context;
    const buffer = await readBuffer(queue.kv, signalBufferKey(key));
    const room = roomIn(buffer);
    if (room <= 0) throw bufferFull(key);
    const count = batchSize(sending, room);
    const payloads = sending.slice(0, count).map(({ payload }) => payload);
    const { expect, put } = appendEffects(queue, key, buffer, payloads);
    const waitKey = signalWaitKey(key);
    await queue.commit({
      expect: { ...expect, [waitKey]: over?.bytes },
      put,
      delete: over === undefined ? [] : [waitKey],
    });
    for (const sent of sending.splice(0, count)) sent.resolve("buffered");
  }
}

function batchSize(sending: readonly Sending[], room: number): number {
  const most = Math.min(sending.length, room, MAX_BATCH);
  let bytes = 0;
  let count = 0;
  while (count < most && (count === 0 || bytes < MAX_BATCH_BYTES)) {
    bytes += sending[count++]?.payload.length ?? 0;
  }
  return count;
}

/** Whether the step of a waiter has neither been woken, nor timed out, nor gone. */
export async function isWaiting({ queue }: RuntimeContext, waiter: Waiter): Promise<boolean> {
  const job: Job | undefined = await queue.inspect.getJob(waiter.jobId);
  return job?.state === "scheduled";
}

function checkPayload(payload: Uint8Array): void {
  checkBytes(payload, "signal payload");
  if (payload.length <= MAX_KV_VALUE_BYTES) return;
  throw new WfError(
    "WF_KV_VALUE_TOO_LARGE",
    `the signal has ${payload.length} bytes; at most ${MAX_KV_VALUE_BYTES} are allowed; keep a larger ` +
      `payload in the object store and signal its key`,
  );
}

function bufferFull(key: string): WfError {
  return new WfError(
    "WF_SIGNAL_BUFFER_FULL",
    `${MAX_BUFFERED_SIGNALS} signals for ${JSON.stringify(key)} wait for somebody to wait for them, the ` +
      `most there may be; send it again once one was taken, or remove them with clearSignal`,
    { key },
  );
}
