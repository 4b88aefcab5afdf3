import { checkBoolean, checkFunction, checkMethods } from "../argument-checks.ts";
import type { Clock } from "../clock.ts";
import { checkClock, checkLogger } from "../component-checks.ts";
import { type Duration, toMs } from "../duration.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { MemoObjects } from "../memo/memo-objects.ts";
import { MemoStore } from "../memo/memo-store.ts";
import { OutcomeObjects } from "../memo/outcome-objects.ts";
import { StepOutputs } from "../memo/step-outputs.ts";
import { checkInteger, checkQueueName } from "../queue/checks.ts";
import type { Queue } from "../queue/queue.ts";
import { checkKeyPrefix } from "../store/object-key.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { MAX_CONCURRENCY } from "../worker/claim-loop.ts";
import { positiveMs } from "../worker/positive-duration.ts";
import { Endings } from "./endings.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import type { StepFunction, StepRunner } from "./step.ts";
import type { TerminalHook } from "./terminal-hook.ts";
import { WorkflowRuntime } from "./workflow-runtime.ts";

type Kept = "memos" | "outcomeObjects" | "stepOutputs" | "endings";
type Settings = Omit<RuntimeContext, "queue" | "runStep" | "hook" | Kept>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const ARGUMENTS = "the arguments in the order (queue, objectStore, runner, hook)";

/**
 * The settings of a {@link WorkflowRuntime}. Each is checked where it is given; what is not given has the
 * default that its method names.
 */
export class WorkflowRuntimeBuilder {
  readonly #queue: Queue;
  readonly #objectStore: ObjectStore;
  readonly #runStep: StepFunction;
  readonly #hook: TerminalHook;
  readonly #settings: Mutable<Settings>;
  #memoPrefix = "workflow-memo";
  #stepOutputReplay = false;

  /** See {@link WorkflowRuntime.builder}. @internal */
  constructor(queue: Queue, objectStore: ObjectStore, runner: StepRunner, hook: TerminalHook) {
    checkMethods(queue, "queue", ["commit"], ARGUMENTS);
    checkMethods(objectStore, "objectStore", ["put"], ARGUMENTS);
    if (typeof runner !== "function") checkMethods(runner, "runner", ["runStep"], ARGUMENTS);
    checkMethods(hook, "hook", ["onTermination"], ARGUMENTS);
    if (hook.observes !== undefined) checkFunction(hook.observes, "hook.observes");
    this.#queue = queue;
    this.#objectStore = objectStore;
    this.#runStep = typeof runner === "function" ? runner : (step) => runner.runStep(step);
    this.#hook = hook;
    this.#settings = {
      queueName: "workflow-steps",
      clock: queue.clock,
      logger: silentLogger,
      memoRetentionMs: undefined,
      outcomeRetentionMs: undefined,
      maxConcurrentSteps: 16,
      pollMs: undefined,
      leaseMs: undefined,
      maxStepMs: undefined,
    };
  }

  /** The queue that the steps go through. Default `workflow-steps`. @throws WF_INVALID_QUEUE_NAME */
  queueName(name: string): this {
    checkQueueName(name, "queueName");
    this.#settings.queueName = name;
    return this;
  }

  /**
   * Where `step.memo` keeps its entries in the object store. Default `workflow-memo`; runtimes that share
   * a store and may use the same run ids need different ones.
   *
   * @throws WF_INVALID_KEY
   */
  memoPrefix(prefix: string): this {
    checkKeyPrefix(prefix, "memoPrefix");
    this.#memoPrefix = prefix;
    return this;
  }

  /**
   * Removes a run's memo entries once it has ended for longer than this, checked at the start of `run` and
   * then as often as `retention` says. At least 1 ms. Default: entries are kept for ever. A run id that is
   * used again inside that time finds the entries of its earlier run, and keeps them while it is active.
   *
   * @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  memoRetention(retention: Duration): this {
    this.#settings.memoRetentionMs = positiveMs(retention, "memoRetention");
    return this;
  }

  /**
   * Keeps the outcomes of runs that have ended for so long, for `WorkflowRuntime.outcome`; removed like memo
   * entries, at the start of `run` and then as often as `retention` says. At least 1 ms. Default: not kept,
   * so that only who waits for the end while it comes is told.
   *
   * An outcome is committed with the end of its run. It takes an entry of up to 32 KiB in the queue's
   * key-value store, which a queue on an object store holds in memory: allow for the runs that end in that
   * time. A larger one is an object beside the memo entries, written before the commit.
   *
   * @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  outcomeRetention(retention: Duration): this {
    this.#settings.outcomeRetentionMs = positiveMs(retention, "outcomeRetention");
    return this;
  }

  /**
   * Keeps what each step returned, with its staged effects, in the object store before it is committed: an
   * attempt that follows a crash in between commits that instead of running the step again. Its delay or
   * timeout is shorter by the time that has passed. Costs one more write a step. What a step throws is not
   * kept, nor what it returns once its run is cancelled from outside. Removed with the memo entries. Default
   * false. @throws WF_INVALID_ARGUMENT
   */
  stepOutputReplay(enabled: boolean): this {
    checkBoolean(enabled, "stepOutputReplay");
    this.#stepOutputReplay = enabled;
    return this;
  }

  /** Where every time that the runtime writes comes from. Default: the queue's clock. @throws WF_INVALID_ARGUMENT */
  clock(clock: Clock): this {
    checkClock(clock);
    this.#settings.clock = clock;
    return this;
  }

  /** Steps that one `run` runs at once, 1 to 10,000. Default 16. @throws WF_INVALID_ARGUMENT */
  maxConcurrentSteps(count: number): this {
    checkInteger(count, "maxConcurrentSteps", 1, MAX_CONCURRENCY);
    this.#settings.maxConcurrentSteps = count;
    return this;
  }

  /**
   * How long one claim waits for steps before it asks again. Default 1 h, because the queue wakes it when a
   * step comes. @throws WF_INVALID_DURATION
   */
  pollInterval(interval: Duration): this {
    this.#settings.pollMs = toMs(interval, "pollInterval");
    return this;
  }

  /**
   * After how long the step of a process that died is taken over. Renewed while a step runs. At least
   * 1 ms. Default: the queue's. @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  lease(lease: Duration): this {
    this.#settings.leaseMs = positiveMs(lease, "lease");
    return this;
  }

  /**
   * How long a step's lease is renewed: one that takes longer counts as lost, and is run again. At least
   * 1 ms. Default: for as long as the step takes. @throws WF_INVALID_DURATION, WF_INVALID_ARGUMENT
   */
  maxStepTime(time: Duration): this {
    this.#settings.maxStepMs = positiveMs(time, "maxStepTime");
    return this;
  }

  /** Told of what fails in the background. Default: nobody. @throws WF_INVALID_ARGUMENT */
  logger(logger: Logger): this {
    checkLogger(logger);
    this.#settings.logger = logger;
    return this;
  }

  /** The runtime with these settings. Nothing is read or written; `run` begins the work. */
  build(): WorkflowRuntime {
    const { clock } = this.#settings;
    const prefix = this.#memoPrefix;
    const objects = new MemoObjects(this.#objectStore, prefix, clock);
    return new WorkflowRuntime({
      ...this.#settings,
      queue: this.#queue,
      runStep: this.#runStep,
      hook: this.#hook,
      memos: new MemoStore(this.#objectStore, prefix, { clock }),
      outcomeObjects: new OutcomeObjects(objects),
      stepOutputs: this.#stepOutputReplay ? new StepOutputs(objects) : undefined,
      endings: Endings.of(this.#queue),
    });
  }
}
