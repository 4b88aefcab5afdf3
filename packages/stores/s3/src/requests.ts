import type { S3Client } from "@aws-sdk/client-s3";
import { type Clock, systemClock } from "@wf/core";
import type { RequestPolicy } from "@wf/core/adapter";
import { isWrite, mapFailure, type Operation } from "./map-failure.ts";
import { type OneTry, oneTry } from "./one-try.ts";

/** Where the objects are, and how requests are sent there. */
export interface Target {
  readonly client: S3Client;
  readonly bucket: string;
  /** Put before every key: with its slash, or empty. */
  readonly keyPrefix: string;
  readonly policy: RequestPolicy;
  readonly clock?: Clock | undefined;
}

interface Call {
  readonly operation: Operation;
  /** The key, a prefix of keys, or how many objects: for the message. */
  readonly of: string;
  readonly key?: string;
  readonly signal: AbortSignal | undefined;
}

/** The requests of one store: each one of them tried, timed and explained as all others. */
export class Requests {
  readonly client: S3Client;
  readonly bucket: string;
  readonly keyPrefix: string;
  /** Has a command sent once. */
  readonly once: OneTry;
  readonly #policy: RequestPolicy;
  readonly #clock: Clock;

  constructor(target: Target) {
    this.client = target.client;
    this.bucket = target.bucket;
    this.keyPrefix = target.keyPrefix;
    this.once = oneTry(target.client);
    this.#policy = target.policy;
    this.#clock = target.clock ?? systemClock;
  }

  /** @param request sends commands with the options it is given, which end this try */
  run<T>(
    call: Call,
    request: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const { operation, of, key, signal } = call;
    return this.#policy.run(
      {
        what: `${operation} s3://${this.bucket}/${this.keyPrefix}${of}`,
        key,
        writes: isWrite(operation),
        signal,
        failure: (error) => mapFailure(error, operation, this.#clock.now()),
      },
      (abortSignal) => request({ abortSignal }),
    );
  }
}
