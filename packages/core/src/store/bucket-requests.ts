import type { RequestFailure, RequestPolicy } from "./request-policy.ts";

/** What a request is for. A create is a put with `ifAbsent`. */
export type StoreOperation = "create" | "put" | "get" | "list" | "delete";

/** Whether a request without an answer may have changed something. */
export function isWrite(operation: StoreOperation): boolean {
  return operation !== "get" && operation !== "list";
}

/** What {@link BucketRequests.send} has to know of a request. */
export interface BucketRequest {
  /** Says whether a lost answer leaves a doubt. */
  readonly operation: StoreOperation;
  /** The key, a prefix of keys, or some of many keys: for the message. */
  readonly of: string;
  /** Of the object, where it is one. */
  readonly key?: string | undefined;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
}

/** What the requests of one store have in common. */
export interface BucketRequestsOptions {
  /** Where the keys begin, for messages: "s3://bucket/my-app/". */
  readonly location: string;
  /** How often a request is tried, and how long each try may take. */
  readonly policy: RequestPolicy;
  /** What it means that a request failed with `error`. `nowMs` is for `retryAfterMs`. */
  readonly mapFailure: (error: unknown, operation: StoreOperation, nowMs: number) => RequestFailure;
}

/** The requests of one store: each of them tried, timed and explained as all others. */
export class BucketRequests {
  readonly #options: BucketRequestsOptions;

  /** The requests to the place that `options` names. */
  constructor(options: BucketRequestsOptions) {
    this.#options = options;
  }

  /** As messages begin: "put s3://bucket/my-app/key". */
  describe(operation: StoreOperation, of: string): string {
    const method = operation === "create" ? "put" : operation;
    return `${method} ${this.#options.location}${of}`;
  }

  /** The result of `request`, as {@link RequestPolicy.run} gives it. `request` gets a signal that ends its try. */
  send<T>(
    { operation, of, key, signal }: BucketRequest,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { policy, mapFailure } = this.#options;
    const call = {
      what: this.describe(operation, of),
      key,
      writes: isWrite(operation),
      signal,
      failure: (error: unknown, nowMs: number) => mapFailure(error, operation, nowMs),
    };
    return policy.run(call, request);
  }
}
