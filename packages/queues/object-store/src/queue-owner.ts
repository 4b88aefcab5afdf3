import {
  type Clock,
  type CommitResult,
  describeError,
  type Effects,
  type Job,
  type Logger,
  type ObjectStore,
  type RandomSource,
  WfError,
} from "@wf/core";
import { Alarm, DEFAULT_QUEUE_CONFIG, type ResolvedQueueConfig } from "@wf/core/adapter";
import { monotonicFactory } from "ulid";
import { ClaimDesk } from "./claims/claim-desk.ts";
import type { JobClaim } from "./claims/job-claim.ts";
import { Decisions } from "./commit/decisions.ts";
import { InFlight } from "./commit/in-flight.ts";
import { type PlanContext, planEffects } from "./commit/plan.ts";
import { CompletionWatch } from "./completion-watch.ts";
import { checkStays } from "./export/departure.ts";
import type { Owner } from "./layout/epoch-object.ts";
import { type Op, OpTag, type ReleaseReason } from "./layout/op.ts";
import { Heartbeat } from "./liveness/heartbeat.ts";
import { ByteBudget } from "./log/byte-budget.ts";
import { type DurableSlot, LogWriter } from "./log/log-writer.ts";
import { PatientObjectStore } from "./log/patient-object-store.ts";
import { Ticket } from "./log/ticket.ts";
import { newestIdTime } from "./newest-id-time.ts";
import type { ResolvedOptions } from "./options.ts";
import { Offload } from "./payloads/offload.ts";
import { PayloadObjects } from "./payloads/payload-objects.ts";
import { type Recovered, recover } from "./recover.ts";
import { Retention } from "./retention.ts";
import { Snapshotter } from "./snapshot/snapshotter.ts";
import type { JobRecord } from "./state/job-record.ts";
import type { QueueJobs } from "./state/queue-jobs.ts";
import type { QueueState, StateObserver } from "./state/queue-state.ts";
import { openSpan, Telemetry } from "./telemetry.ts";

const OWNER_ID_BYTES = 16;

/**
 * The one process that may change the queue: the state, the log that it writes, and all that happens by
 * itself as time passes.
 *
 * A commit is decided against the durable state, appended to the log, and applied when its segment is
 * durable. Changes that need not be waited for (claims, returned jobs, retention) are applied at once;
 * a crash that loses them leaves an earlier state, from which they happen again.
 */
export class QueueOwner implements PlanContext, StateObserver {
  readonly state: QueueState;
  readonly desk: ClaimDesk;
  readonly completions: CompletionWatch;
  readonly inFlight: InFlight;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly #options: ResolvedOptions;
  readonly #newId: (seedTime: number) => string;
  readonly #idsFrom: number;
  readonly #budget: ByteBudget;
  readonly #log: LogWriter;
  readonly #alarm: Alarm;
  readonly #snapshots: Snapshotter;
  readonly #offload: Offload;
  readonly #payloads: PayloadObjects;
  /** Payloads whose jobs are gone, to be removed together. */
  #unneeded: string[] = [];
  readonly #stopped = new AbortController();
  readonly #retention: Retention;
  readonly #telemetry: Telemetry;
  readonly #served = new Set<QueueJobs>();
  #heartbeat: Heartbeat | undefined;
  #closing: Promise<void> | undefined;

  static async takeOver(
    store: ObjectStore,
    options: ResolvedOptions,
    process: Pick<Owner, "host" | "processId">,
  ): Promise<QueueOwner> {
    const { prefix, clock, random, logger } = options;
    const ownerId = Buffer.from(Array.from({ length: OWNER_ID_BYTES }, () => random() * 256));
    const self = { ownerId: ownerId.toString("hex"), openedAt: clock.now(), ...process };
    const patient = new PatientObjectStore(store, options);
    const recovered = await openSpan({ prefix }, () => recover(patient, prefix, self));
    const { epoch, previous, snapshot, state } = recovered;
    checkStays(state, prefix);
    logger.info({ prefix, epoch, previous, snapshot, jobs: state.jobs.size }, "queue opened");
    const heartbeat = await Heartbeat.begin({ ...options, store, epoch }, options.heartbeatMs);
    const owner = new QueueOwner(store, options, recovered, ownerId);
    await owner.#giveBackClaimed();
    owner.#snapshots.startIfDue();
    owner.#keepBeating(heartbeat);
    owner.#collectOrphans(epoch);
    return owner;
  }

  private constructor(
    store: ObjectStore,
    options: ResolvedOptions,
    recovered: Recovered,
    ownerId: Uint8Array,
  ) {
    const { state, epoch } = recovered;
    this.state = state;
    this.clock = options.clock;
    this.logger = options.logger;
    this.#options = options;
    this.#newId = monotonicFactory(options.random);
    this.#idsFrom = 1 + newestIdTime(state);
    this.#alarm = new Alarm(options.clock, () => this.#ring());
    this.#budget = new ByteBudget(options.pendingMaxBytes);
    this.#log = new LogWriter({
      ...options,
      budget: this.#budget,
      store,
      epoch,
      ownerId,
      onAppend: (ticket) => this.inFlight.mark(ticket),
      onCut: () => this.inFlight.cut(),
      onDurable: (slot) => this.#applyDurable(slot),
      onFailure: (error) => this.#end(error as WfError),
    });
    this.#telemetry = new Telemetry(options.clock, state);
    const cut = () => this.#log.cut();
    const snapshotting = { ...options, store, epoch, state, cut, telemetry: this.#telemetry };
    this.#snapshots = new Snapshotter(snapshotting, recovered);
    this.#payloads = new PayloadObjects({ ...options, store }, options.prefix);
    const { signal } = this.#stopped;
    this.#offload = new Offload(
      this.#payloads,
      this.#budget,
      options.offloadAboveBytes,
      epoch,
      signal,
    );
    this.inFlight = new InFlight(state);
    const checkOpen = () => this.checkOpen();
    this.decisions = new Decisions(this.inFlight, this.#budget, this.#offload, checkOpen);
    this.completions = new CompletionWatch(options.clock);
    this.desk = new ClaimDesk(options.clock, state, this.#log, this.#alarm, this.#telemetry, epoch);
    this.#retention = new Retention(state, (queue) => this.configOf(queue));
    state.observe(this);
  }

  get random(): RandomSource {
    return this.#options.random;
  }

  get now(): number {
    return this.clock.now();
  }

  nextJobId(): string {
    // Later than what earlier owners have enqueued, also where the clock has not moved on since.
    return this.#newId(Math.max(this.now, this.#idsFrom));
  }

  configOf(queue: string): ResolvedQueueConfig {
    return this.#options.queues.get(queue) ?? DEFAULT_QUEUE_CONFIG;
  }

  /** @throws WF_CLOSED, WF_FENCED, or whatever else ended the queue */
  checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
    if (this.#log.failure !== undefined) throw this.#log.failure;
  }

  /** Brings the state up to the present time. */
  refresh(): void {
    this.checkOpen();
    this.state.promoteDue(this.now);
    this.#serveReady();
  }

  /** Appends the ops as one commit; resolves with `result` when they are durable and applied. */
  submit<T>(ops: readonly Op[], result: T): Promise<T> {
    if (ops.length === 0) return Promise.resolve(result);
    const ticket = new Ticket(ops, result, this.now);
    this.#log.append(ops, ticket);
    this.#offload.adopt(ops);
    return ticket.promise;
  }

  /** The job as callers see it, with its payload, wherever that is. */
  async present(record: JobRecord): Promise<Job> {
    const { payloadReference } = record;
    const job = record.toJob();
    if (payloadReference === undefined) return job;
    return { ...job, payload: await this.#payloads.read(payloadReference) };
  }

  /**
   * Fetches the payloads that are not with their records. A job whose payload is missing or damaged is dead,
   * since no delivery of it can go better; its claim is left out.
   */
  async fillPayloads(claims: JobClaim[]): Promise<JobClaim[]> {
    if (claims.every(({ record }) => record.payloadReference === undefined)) return claims;
    const filled = await Promise.all(claims.map((claim) => this.#fillPayload(claim)));
    return filled.filter((claim) => claim !== undefined);
  }

  async #fillPayload(claim: JobClaim): Promise<JobClaim | undefined> {
    const { payloadReference } = claim.record;
    if (payloadReference === undefined) return claim;
    try {
      // A store that is down is waited for, until the lease is lost.
      claim.fill(await this.#payloads.readSurely(payloadReference, claim.lostSignal));
      return claim;
    } catch (error) {
      this.checkOpen();
      if (claim.isLost) return undefined;
      this.logger.error(
        { err: error, jobId: claim.job.id },
        "a job is dead for want of its payload",
      );
      await this.#dieWithoutPayload(claim, error);
      return undefined;
    }
  }

  async #dieWithoutPayload(claim: JobClaim, error: unknown): Promise<void> {
    try {
      await this.die(claim.record, describeError(error), undefined, () => claim.check());
    } catch (refusal) {
      this.checkOpen();
      // The lease ended before that was decided: it is for the next delivery to find out.
      if (!claim.isLost) throw refusal;
    }
  }

  /** Makes a claimed job dead, with `effects` or else its own. `check` may refuse as long as it is undecided. */
  die(
    job: JobRecord,
    error: string,
    effects: Effects | undefined,
    check: () => void,
  ): Promise<CommitResult> {
    const blocker = () => {
      check();
      return job.busy;
    };
    const act = (onDead: Effects | undefined) => {
      const plan = planEffects(this, onDead, { takenId: effects ? "refuse" : "skip" });
      this.desk.release(job);
      const dead = { tag: OpTag.dead, id: job.id, at: this.now, error } as const;
      return this.submit([dead, ...plan.ops], plan.result);
    };
    return this.decisions.decide({ effects: effects ?? job.onDead, blocker, act });
  }

  /** Writes what is under way and seals the epoch. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopServing(closedError());
    await this.#log.drained();
    try {
      await this.#log.seal();
    } catch (error) {
      if (!WfError.is(error, "WF_FENCED")) throw error;
      this.logger.info({ err: error }, "the queue was taken over before it was closed");
    }
  }

  applied(queue: QueueJobs, tag: Op["tag"]): void {
    this.#telemetry.applied(queue, tag);
  }

  jobReady(queue: QueueJobs): void {
    this.#served.add(queue);
  }

  deadlineSet(at: number): void {
    this.#alarm.set(at);
  }

  jobFinished(job: JobRecord): void {
    this.completions.finished(job);
    if (this.state.jobs.has(job.id)) this.#alarm.set(this.#retention.nextDeadline());
    else if (job.payloadReference !== undefined) this.#unneeded.push(job.payloadReference);
  }

  /** What an owner before this one had claimed is nobody's now; the delivery cut off counts as an attempt. */
  async #giveBackClaimed(): Promise<void> {
    const deaths: Promise<unknown>[] = [];
    for (const queue of this.state.queues.values()) {
      for (const job of [...queue.claimed]) {
        deaths.push(this.#takeBack(job, "interrupted", "claim interrupted by process exit"));
      }
    }
    await Promise.all(deaths);
    this.#ring();
  }

  async #collectOrphans(epoch: number): Promise<void> {
    const referred = new Set<string>();
    for (const { payloadReference } of this.state.jobs.values()) {
      if (payloadReference !== undefined) referred.add(payloadReference);
    }
    try {
      await this.#payloads.collectOrphans(epoch, (reference) => referred.has(reference));
    } catch (error) {
      this.logger.warn(
        { err: error },
        "collecting orphaned payloads failed; the next opening tries again",
      );
    }
  }

  /** Returns a claimed job to pending, or makes it dead if its attempts are used up. */
  async #takeBack(job: JobRecord, reason: ReleaseReason, error: string): Promise<void> {
    if (job.attempts < job.maxAttempts) {
      return this.#applyNow([{ tag: OpTag.release, id: job.id, at: this.now, reason }]);
    }
    await this.die(job, error, undefined, () => {});
  }

  /** Logs and applies changes that nobody waits for. */
  #applyNow(ops: readonly Op[]): void {
    if (ops.length === 0) return;
    for (const op of ops) this.state.apply(op);
    this.#log.append(ops);
  }

  #applyDurable(slot: DurableSlot): void {
    this.#telemetry.segmentWritten(slot.bytes);
    this.#telemetry.committed(slot.tickets);
    this.#snapshots.around(slot, () => {
      this.inFlight.settle(slot.tickets);
      for (const ticket of slot.tickets) {
        for (const op of ticket.ops) this.state.apply(op);
        ticket.acknowledge();
      }
    });
    if (this.#unneeded.length > 0) this.#payloads.remove(this.#unneeded.splice(0));
    this.#serveReady();
  }

  #serveReady(): void {
    for (const queue of this.#served) this.desk.serve(queue.name);
    this.#served.clear();
  }

  /** Does what is due by now, and sets the alarm for what comes next. */
  #ring(): void {
    const now = this.now;
    this.state.promoteDue(now);
    for (const job of this.desk.takeExpired(now)) {
      this.#takeBack(job, "lease_expired", "lease expired").catch((error) => {
        this.logger.error({ err: error, jobId: job.id }, "a job whose lease ran out stays claimed");
      });
    }
    this.submit(this.#retention.sweep(now), undefined).catch(() => {}); // the queue has ended
    this.desk.expireWaits(now);
    this.#serveReady();
    this.#alarm.set(
      Math.min(this.state.nextDue, this.desk.nextDeadline(), this.#retention.nextDeadline()),
    );
  }

  #end(error: WfError): void {
    this.logger.error({ err: error, prefix: this.#options.prefix }, "the queue has ended");
    this.#stopServing(error);
  }

  #keepBeating(heartbeat: Heartbeat | undefined): void {
    if (this.#log.failure !== undefined) return;
    this.#heartbeat = heartbeat;
    heartbeat?.run();
  }

  #stopServing(error: WfError): void {
    this.#heartbeat?.stop();
    this.#alarm.clear();
    this.#stopped.abort(error);
    this.#budget.open();
    this.#telemetry.stop();
    this.#snapshots.stop();
    this.desk.end(error);
    this.completions.end(error);
  }
}

function closedError(): WfError {
  return new WfError("WF_CLOSED", "the queue is closed; open it again to go on");
}
