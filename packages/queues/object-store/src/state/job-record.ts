import type { Effects, Job, JobAttempt, JobState } from "@wf/core";
import type { Backoff } from "@wf/core/adapter";
import type { JobClaim } from "../claims/job-claim.ts";
import type { Ticket } from "../log/ticket.ts";
import { pack } from "./packed-bytes.ts";

/** The newest entries of a job's history that are kept. */
export const MAX_HISTORY = 100;

const LOW_PART = 2 ** 30;
/** About what a record has beside its payload. */
const RECORD_BYTES = 64;

export const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** What a job starts with. The payload is copied from. */
export interface NewJob {
  readonly id: string;
  readonly queue: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly enqueuedAt: number;
  readonly runAt: number | undefined;
  readonly dedupKey: string | undefined;
  /** Only where the enqueue named one; else the queue's is looked up when it is needed. */
  readonly backoff: Backoff | undefined;
  readonly onDead: Effects | undefined;
  /** Where the payload is, if not here. */
  readonly payloadReference: string | undefined;
}

/** What jobs that wait have nothing of, apart from the rest so that it costs a long queue nothing. */
class RareFields {
  headers: Readonly<Record<string, string>> = NO_HEADERS;
  attempts = 0;
  cancelRequested = false;
  runAt: number | undefined = undefined;
  dedupKey: string | undefined = undefined;
  backoff: Backoff | undefined = undefined;
  onDead: Effects | undefined = undefined;
  payloadReference: string | undefined = undefined;
  claimedAt: number | undefined = undefined;
  wokenAt: number | undefined = undefined;
  wakePayload: Uint8Array | undefined = undefined;
  lastError: string | undefined = undefined;
  completedAt: number | undefined = undefined;
  failedAt: number | undefined = undefined;
  history: JobAttempt[] | undefined = undefined;
  claim: JobClaim | undefined = undefined;
  busy: Ticket | undefined = undefined;
  place = -1;
}

/** A job in the state. Only `QueueState` changes what is stored of it. */
export class JobRecord implements NewJob {
  readonly id: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  // In two parts, because a number of over 31 bits would be an object of its own.
  readonly #enqueuedAtHigh: number;
  readonly #enqueuedAtLow: number;
  readonly #slab: Uint8Array;
  readonly #payloadStart: number;
  readonly #payloadBytes: number;

  state: JobState = "pending";
  #rare: RareFields | undefined = undefined;

  /** The owner's, never stored: the newest capture that has, or must not have, this job. */
  capture = 0;

  constructor(job: NewJob) {
    this.id = job.id;
    this.queue = job.queue;
    const { slab, start } = pack(job.payload);
    this.#slab = slab;
    this.#payloadStart = start;
    this.#payloadBytes = job.payload.length;
    this.priority = job.priority;
    this.maxAttempts = job.maxAttempts;
    this.#enqueuedAtHigh = Math.floor(job.enqueuedAt / LOW_PART);
    this.#enqueuedAtLow = job.enqueuedAt % LOW_PART;
    if (job.headers !== NO_HEADERS) JobRecord.#own(this).headers = job.headers;
    this.runAt = job.runAt;
    this.dedupKey = job.dedupKey;
    const { backoff, onDead, payloadReference } = job;
    if (backoff !== undefined) JobRecord.#own(this).backoff = backoff;
    if (onDead !== undefined) JobRecord.#own(this).onDead = onDead;
    if (payloadReference !== undefined) JobRecord.#own(this).payloadReference = payloadReference;
  }

  /** Static, because a private method would cost each record a field. */
  static #own(job: JobRecord): RareFields {
    job.#rare ??= new RareFields();
    return job.#rare;
  }

  get enqueuedAt(): number {
    return this.#enqueuedAtHigh * LOW_PART + this.#enqueuedAtLow;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#rare?.headers ?? NO_HEADERS;
  }

  get attempts(): number {
    return this.#rare?.attempts ?? 0;
  }

  set attempts(value: number) {
    if (value !== 0 || this.#rare !== undefined) JobRecord.#own(this).attempts = value;
  }

  get cancelRequested(): boolean {
    return this.#rare?.cancelRequested ?? false;
  }

  set cancelRequested(value: boolean) {
    if (value || this.#rare !== undefined) JobRecord.#own(this).cancelRequested = value;
  }

  get runAt(): number | undefined {
    return this.#rare?.runAt;
  }

  set runAt(value: number | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).runAt = value;
  }

  get dedupKey(): string | undefined {
    return this.#rare?.dedupKey;
  }

  set dedupKey(value: string | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).dedupKey = value;
  }

  get claimedAt(): number | undefined {
    return this.#rare?.claimedAt;
  }

  set claimedAt(value: number | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).claimedAt = value;
  }

  /** The owner's, never stored: the delivery under way while it is claimed. */
  get claim(): JobClaim | undefined {
    return this.#rare?.claim;
  }

  set claim(value: JobClaim | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).claim = value;
  }

  /** The owner's, never stored: a change of this job that is decided and not yet durable. */
  get busy(): Ticket | undefined {
    return this.#rare?.busy;
  }

  set busy(value: Ticket | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).busy = value;
  }

  /** The owner's, never stored: where it is among the claimed jobs of its queue. */
  get place(): number {
    return this.#rare?.place ?? -1;
  }

  set place(value: number) {
    JobRecord.#own(this).place = value;
  }

  get backoff(): Backoff | undefined {
    return this.#rare?.backoff;
  }

  get onDead(): Effects | undefined {
    return this.#rare?.onDead;
  }

  get payloadReference(): string | undefined {
    return this.#rare?.payloadReference;
  }

  get wokenAt(): number | undefined {
    return this.#rare?.wokenAt;
  }

  set wokenAt(value: number | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).wokenAt = value;
  }

  get wakePayload(): Uint8Array | undefined {
    return this.#rare?.wakePayload;
  }

  set wakePayload(value: Uint8Array | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).wakePayload = value;
  }

  get lastError(): string | undefined {
    return this.#rare?.lastError;
  }

  set lastError(value: string | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).lastError = value;
  }

  get completedAt(): number | undefined {
    return this.#rare?.completedAt;
  }

  set completedAt(value: number | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).completedAt = value;
  }

  get failedAt(): number | undefined {
    return this.#rare?.failedAt;
  }

  set failedAt(value: number | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).failedAt = value;
  }

  get history(): JobAttempt[] | undefined {
    return this.#rare?.history;
  }

  set history(value: JobAttempt[] | undefined) {
    if (value !== undefined || this.#rare !== undefined) JobRecord.#own(this).history = value;
  }

  /** About how many it takes in a snapshot. */
  get bytes(): number {
    return RECORD_BYTES + this.#payloadBytes;
  }

  /** A view, not to be handed out. */
  get payload(): Uint8Array {
    return this.#slab.subarray(this.#payloadStart, this.#payloadStart + this.#payloadBytes);
  }

  /** The job as callers see it, independent of what happens to it later. */
  toJob(): Job {
    return {
      id: this.id,
      queue: this.queue,
      payload: this.#slab.slice(this.#payloadStart, this.#payloadStart + this.#payloadBytes),
      headers: this.headers,
      state: this.state,
      attempts: this.attempts,
      maxAttempts: this.maxAttempts,
      priority: this.priority,
      enqueuedAt: this.enqueuedAt,
      runAt: this.runAt,
      claimedAt: this.claimedAt,
      wokenAt: this.wokenAt,
      wakePayload: this.wakePayload && new Uint8Array(this.wakePayload),
      lastError: this.lastError,
      dedupKey: this.dedupKey,
      completedAt: this.completedAt,
      failedAt: this.failedAt,
      cancelRequested: this.cancelRequested,
    };
  }
}
