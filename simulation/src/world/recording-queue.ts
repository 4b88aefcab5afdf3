import type {
  Claim,
  ClaimOptions,
  Clock,
  CommitOptions,
  CommitResult,
  CompletionOutcome,
  Effects,
  EnqueueOptions,
  EnqueueRequest,
  EnqueueResult,
  KeyValue,
  NackOptions,
  PageOptions,
  Queue,
  QueueInspector,
  WaitOptions,
  WakeResult,
} from "@wf/core";
import type { Journal } from "./journal.ts";
import type { Process } from "./process.ts";

/** The KV key, or the header of a job, by which a commit in the log is known as that of a call. */
export const CALL_TAG = "~call";

/** What a recorded error ends with. */
export const CALL_TEXT = / \[call (\d+)\]$/;

/** The number of the call that recorded this error, if one did. */
export function callOfError(error: string): number | undefined {
  const match = CALL_TEXT.exec(error);
  return match === null ? undefined : Number(match[1]);
}

/** A queue that writes every call into the journal, and the number of the call into what it commits. */
export class RecordingQueue implements Queue {
  readonly clock: Clock;
  readonly kv: KeyValue;
  readonly inspect: QueueInspector;
  readonly #queue: Queue;
  readonly #journal: Journal;
  readonly #process: Process;

  constructor(queue: Queue, journal: Journal, process: Process) {
    this.#queue = queue;
    this.#journal = journal;
    this.#process = process;
    this.clock = queue.clock;
    this.kv = this.#recordingKv(queue.kv);
    this.inspect = this.#recordingInspector(queue.inspect);
  }

  nextJobId(): string {
    return this.#queue.nextJobId();
  }

  commit(effects: Effects, options?: CommitOptions): Promise<CommitResult> {
    return this.#call("commit", [effects], (number) =>
      this.#queue.commit(tagged(effects, number), options),
    );
  }

  enqueue(
    queue: string,
    payload: Uint8Array,
    options?: EnqueueOptions & CommitOptions,
  ): Promise<EnqueueResult> {
    const request = { queue, payload, ...options };
    return this.#call("enqueue", [request], (number) =>
      this.#queue.enqueue(queue, payload, { ...options, headers: headersOf(request, number) }),
    );
  }

  enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueResult[]> {
    return this.#call("enqueueMany", [requests], (number) =>
      this.#queue.enqueueMany(
        requests.map((request) => ({ ...request, headers: headersOf(request, number) })),
      ),
    );
  }

  claim(queue: string, options?: ClaimOptions): Promise<Claim[]> {
    return this.#call("claim", [queue, options], () => this.#queue.claim(queue, options));
  }

  ack(claim: Claim, effects?: Effects): Promise<CommitResult> {
    return this.#call("ack", [claim, effects], (number) =>
      this.#queue.ack(claim, effects && tagged(effects, number)),
    );
  }

  nack(claim: Claim, error: string, options: NackOptions = {}): Promise<"retried" | "dead"> {
    return this.#call("nack", [claim, error, options], (number) =>
      this.#queue.nack(claim, `${error} [call ${number}]`, {
        ...options,
        onDead: options.onDead && tagged(options.onDead, number),
      }),
    );
  }

  deadLetter(claim: Claim, reason: string, effects?: Effects): Promise<void> {
    return this.#call("deadLetter", [claim, reason, effects], (number) =>
      this.#queue.deadLetter(
        claim,
        `${reason} [call ${number}]`,
        effects && tagged(effects, number),
      ),
    );
  }

  cancel(jobId: string, effects?: Effects): Promise<"removed" | "requested" | "not_found"> {
    return this.#call("cancel", [jobId, effects], (number) =>
      this.#queue.cancel(jobId, effects && tagged(effects, number)),
    );
  }

  wake(jobId: string, payload?: Uint8Array): Promise<WakeResult> {
    return this.#call("wake", [jobId, payload], () => this.#queue.wake(jobId, payload));
  }

  requeueDead(jobId: string): Promise<void> {
    return this.#call("requeueDead", [jobId], () => this.#queue.requeueDead(jobId));
  }

  waitForCompletion(jobId: string, options?: WaitOptions): Promise<CompletionOutcome> {
    return this.#call("waitForCompletion", [jobId], () =>
      this.#queue.waitForCompletion(jobId, options),
    );
  }

  close(): Promise<void> {
    return this.#call("close", [], () => this.#queue.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call<T>(
    method: string,
    args: readonly unknown[],
    act: (number: number) => Promise<T>,
  ): Promise<T> {
    return this.#journal.call(this.#process, method, args, act);
  }

  #recordingKv(kv: KeyValue): KeyValue {
    return {
      get: (key) => this.#call("kv.get", [key], () => kv.get(key)),
      scan: (prefix: string, page?: PageOptions) =>
        this.#call("kv.scan", [prefix, page], () => kv.scan(prefix, page)),
      put: (key, value) => this.#call("kv.put", [key, value], () => kv.put(key, value)),
      delete: (key) => this.#call("kv.delete", [key], () => kv.delete(key)),
      compareAndPut: (key, expected, value) =>
        this.#call("kv.compareAndPut", [key, expected, value], () =>
          kv.compareAndPut(key, expected, value),
        ),
      compareAndDelete: (key, expected) =>
        this.#call("kv.compareAndDelete", [key, expected], () =>
          kv.compareAndDelete(key, expected),
        ),
    };
  }

  #recordingInspector(inspect: QueueInspector): QueueInspector {
    return {
      getJob: (jobId) => this.#call("getJob", [jobId], () => inspect.getJob(jobId)),
      listJobs: (queue, state, page) =>
        this.#call("listJobs", [queue, state], () => inspect.listJobs(queue, state, page)),
      listQueues: () => inspect.listQueues(),
      stats: (queue) => this.#call("stats", [queue], () => inspect.stats(queue)),
      attempts: (jobId) => inspect.attempts(jobId),
    };
  }
}

/** A put of its own in each commit: nothing waits for it, as nothing expects its key to hold anything. */
export function tagged(effects: Effects, number: number): Effects {
  return { ...effects, put: { [CALL_TAG]: Buffer.from(String(number)), ...effects.put } };
}

function headersOf({ headers }: EnqueueOptions, number: number): Record<string, string> {
  return { ...headers, [CALL_TAG]: String(number) };
}
