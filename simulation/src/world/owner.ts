import {
  type Claim,
  type Effects,
  JobError,
  noTerminalHook,
  type RunOutcome,
  runWorker,
  type TerminalEffects,
  type TerminalHook,
  WfError,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue, type ObjectStoreQueueOptions } from "@wf/queue-object-store";
import {
  MEMO_PREFIX,
  QUEUE_PREFIX,
  QUEUES,
  type Settings,
  STEP_QUEUE,
  WORKED_QUEUE,
} from "../plan/plan.ts";
import type { EffectsMaker } from "./effects-maker.ts";
import { decodePayload, type JobPayload } from "./job-payload.ts";
import type { Process } from "./process.ts";
import { RecordingQueue } from "./recording-queue.ts";
import { RecordingRuntime } from "./recording-runtime.ts";
import { STAGED_PREFIX, stepRunner } from "./step-scripts.ts";
import type { World } from "./world.ts";

const SEGMENT_MAX_BYTES = 4_096;
const PENDING_MAX_BYTES = 65_536;
/** How long a process waits before it tries again to open the queue, where the store failed; then twice as long. */
const OPEN_AGAIN_MS = 200;

/** A process that opens the queue and works on it: producers, a worker, and a workflow runtime. */
export class Owner {
  readonly process: Process;
  readonly #world: World;
  readonly #settings: Settings;
  readonly #maker: EffectsMaker;
  readonly #stopped = new AbortController();
  /** Settles when the queue is open, or will never be. */
  readonly opened: Promise<void>;
  queue: RecordingQueue | undefined;
  /** The same without an account of the calls. */
  raw: ObjectStoreQueue | undefined;
  runtime: RecordingRuntime | undefined;
  /** Why it has ended; undefined as long as it has not. */
  end: string | undefined;
  /** What no process may ever meet in this world. */
  failure: unknown;

  constructor(world: World, process: Process, settings: Settings, maker: EffectsMaker) {
    this.#world = world;
    this.process = process;
    this.#settings = settings;
    this.#maker = maker;
    this.opened = this.#open();
  }

  /** Whether it can be asked for anything. */
  get isUp(): boolean {
    const { isDead, isPaused } = this.process;
    return this.queue !== undefined && this.end === undefined && !isDead && !isPaused;
  }

  /** Stops working and closes the queue, as a process does that is told to end. */
  async close(): Promise<void> {
    this.end = "closed";
    this.stop();
    await this.queue?.close();
  }

  /** To be called in any case: what sleeps until then is held by the platform, which knows of no crash. */
  stop(): void {
    this.#stopped.abort();
  }

  async #open(): Promise<void> {
    const { process } = this;
    for (let waitMs = OPEN_AGAIN_MS; this.queue === undefined && this.end === undefined; ) {
      try {
        this.raw = await ObjectStoreQueue.open(process.store, this.#queueOptions());
        this.queue = new RecordingQueue(this.raw, this.#world.journal, process);
      } catch (error) {
        if (WfError.is(error, "WF_FENCED")) this.end = "overtaken";
        else if (!isOfStore(error)) this.#fail(error);
        else {
          await process.clock.sleep(waitMs);
          waitMs *= 2;
        }
      }
    }
    if (this.queue !== undefined) this.#work(this.queue);
  }

  #work(queue: RecordingQueue): void {
    const { signal } = this.#stopped;
    const { process } = this;
    const runtime = this.#buildRuntime(queue);
    this.runtime = new RecordingRuntime(runtime, this.#world.journal, process);
    const handler = (claim: Claim) => this.#handle(claim);
    const working = [
      runtime.run({ signal }),
      runWorker(queue, WORKED_QUEUE, handler, { signal, concurrency: 3 }),
    ];
    for (const work of working) {
      work.catch((error) => {
        if (WfError.is(error, "WF_FENCED")) this.end ??= "fenced";
        else if (!WfError.is(error, "WF_CLOSED")) this.#fail(error);
      });
    }
  }

  #buildRuntime(queue: RecordingQueue): WorkflowRuntime {
    const { memoRetention, outcomeRetention, stepOutputReplay, hook, maxConcurrentSteps } =
      this.#settings;
    const { store } = this.process;
    const runner = stepRunner(this.#world, this.process);
    const builder = WorkflowRuntime.builder(
      queue,
      store,
      runner,
      hook ? this.#hook() : noTerminalHook,
    )
      .queueName(STEP_QUEUE)
      .memoPrefix(MEMO_PREFIX)
      .maxConcurrentSteps(maxConcurrentSteps)
      .stepOutputReplay(stepOutputReplay);
    if (memoRetention !== undefined) builder.memoRetention(memoRetention);
    if (outcomeRetention !== undefined) builder.outcomeRetention(outcomeRetention);
    return builder.build();
  }

  #hook(): TerminalHook {
    const { process } = this;
    return {
      onTermination: async (outcome: RunOutcome, effects: TerminalEffects) => {
        const { journal } = this.#world;
        const invocation = journal.invocation("hook", process, "", { outcome });
        effects.put(STAGED_PREFIX + invocation.number, Buffer.from(outcome.runId));
        if (invocation.number % 5 === 0) throw new Error(`hook ${invocation.number} is not ready`);
        invocation.returned = outcome;
      },
    };
  }

  async #handle(claim: Claim): Promise<Effects> {
    const { process } = this;
    const { script } = decodePayload<JobPayload>(claim.job.payload);
    const { journal } = this.#world;
    const given = { attempts: claim.job.attempts, payload: claim.job.payload };
    const invocation = journal.invocation("handler", process, claim.job.id, given);
    if (script === undefined) return {};
    if (script.ms > 0) await process.clock.sleep(script.ms);
    if (process.isDead) await process.running();
    if (script.permanent) throw JobError.permanent(`handler ${invocation.number} has no hope`);
    if (claim.job.attempts <= script.failures)
      throw new Error(`handler ${invocation.number} failed`);
    const enqueue = script.follow === undefined ? [] : [this.#maker.request(script.follow)];
    invocation.returned = claim.job.id;
    return {
      put: { [STAGED_PREFIX + invocation.number]: Buffer.from(claim.job.id) },
      enqueue,
    };
  }

  #queueOptions(): ObjectStoreQueueOptions {
    const { settings, process } = { settings: this.#settings, process: this.process };
    const { lease, maxAttempts, backoffBase, doneRetention, deadRetention } = settings;
    const config = {
      lease,
      maxAttempts,
      backoff: { base: backoffBase, cap: 2_000 },
      deadRetention,
    };
    const [kept, plain] = QUEUES;
    return {
      prefix: QUEUE_PREFIX,
      clock: process.clock,
      random: process.random,
      segmentMaxBytes: SEGMENT_MAX_BYTES,
      pendingMaxBytes: PENDING_MAX_BYTES,
      maxWritesInFlight: settings.maxWritesInFlight,
      snapshotAfterBytes: settings.snapshotAfterBytes,
      offloadAboveBytes: settings.offloadAboveBytes,
      heartbeat: settings.heartbeat,
      queues: {
        [kept]: { ...config, doneRetention },
        [plain]: config,
        [WORKED_QUEUE]: { ...config, doneRetention },
        [STEP_QUEUE]: config,
      },
    };
  }

  #fail(error: unknown): void {
    this.end = "failed";
    this.failure ??= error;
  }
}

function isOfStore(error: unknown): boolean {
  return WfError.is(error, "WF_STORE_UNAVAILABLE") || WfError.is(error, "WF_STORE_OUTCOME_UNKNOWN");
}
