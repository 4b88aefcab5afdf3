import { type Clock, systemClock } from "@wf/core";
import { RequestPolicy, type RequestPolicyOptions } from "@wf/core/adapter";
import { failureOf, isWrite, type Operation } from "./map-error.ts";

/** What a request is for. */
export interface Purpose {
  readonly operation: Operation;
  /** What it is done to, for messages. */
  readonly target: string;
  readonly key?: string;
  readonly signal: AbortSignal | undefined;
}

/** Sends the requests of a store as its policy says, and tells their failures as the service means them. */
export class Requests {
  readonly #policy: RequestPolicy;
  readonly #clock: Clock;

  constructor(options: RequestPolicyOptions) {
    this.#policy = new RequestPolicy(options);
    this.#clock = options.clock ?? systemClock;
  }

  send<T>(
    { operation, target, key, signal }: Purpose,
    request: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const call = {
      what: `${operation === "create" ? "put" : operation} ${target}`,
      key,
      writes: isWrite(operation),
      signal,
      failure: (error: unknown) => failureOf(error, operation, this.#clock.now()),
    };
    return this.#policy.run(call, request);
  }
}
