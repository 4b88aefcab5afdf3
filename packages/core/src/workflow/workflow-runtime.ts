import type { Page, PageOptions } from "../queue/page.ts";
import type { Claim, Queue } from "../queue/queue.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { checkSignal, runClaims } from "../worker/claim-loop.ts";
import { cancelRun } from "./cancel.ts";
import { runMemoSweeper } from "./memo-sweeper.ts";
import type { RunSpec, RunStatus, Submission } from "./run.ts";
import { isTerminalJob } from "./run-keys.ts";
import { listRuns, runStatus } from "./run-status.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import type { StepRunner } from "./step.ts";
import { deliverStep } from "./step-worker.ts";
import { submitRun } from "./submit.ts";
import type { TerminalHook } from "./terminal-hook.ts";
import { deliverTerminal } from "./terminal-worker.ts";
import { WorkflowRuntimeBuilder } from "./workflow-runtime-builder.ts";

/**
 * Durable runs on a queue. A run is a chain of steps; the end of each is one commit that holds its result,
 * the next step and what the step staged, so a crash repeats at most the step it interrupts.
 *
 * All state is in the queue, so every method works for every active run of that queue: right after a
 * restart, for sleeping runs, and from any runtime on it. Methods fail as the queue's do, among them with
 * WF_CLOSED and WF_FENCED.
 */
export class WorkflowRuntime {
  readonly #context: RuntimeContext;

  /** Made by {@link WorkflowRuntimeBuilder.build}. @internal */
  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  /**
   * @param queue carries the steps and all state of the runs
   * @param objectStore keeps the entries of `step.memo`; may be the one that the queue is on
   * @param runner runs the steps
   * @param hook is told of the ends of runs; `noTerminalHook` where nobody needs to know
   * @throws WF_INVALID_ARGUMENT when an argument is not what it should be
   */
  static builder(
    queue: Queue,
    objectStore: ObjectStore,
    runner: StepRunner,
    hook: TerminalHook,
  ): WorkflowRuntimeBuilder {
    return new WorkflowRuntimeBuilder(queue, objectStore, runner, hook);
  }

  /**
   * Starts a run; it is durable when the promise resolves. Repeating a submission whose run is still
   * active changes nothing, `spec.kv` included, and is answered with `newlySubmitted: false`. Once a run has
   * ended its id can be used again; the new run finds the memo entries of the old one.
   *
   * @throws WF_INPUT_MISMATCH when a run of this id is active with another input
   * @throws WF_INVALID_RUN_ID, WF_RESERVED_HEADER, WF_RESERVED_KV_KEY, WF_INVALID_ARGUMENT, WF_INVALID_KEY,
   *   WF_KV_VALUE_TOO_LARGE; nothing is written then
   */
  submit(spec: RunSpec): Promise<Submission> {
    return submitRun(this.#context, spec);
  }

  /**
   * Where an active run stands; undefined for one that has ended or never was.
   *
   * @throws WF_INVALID_RUN_ID
   */
  status(runId: string): Promise<RunStatus | undefined> {
    return runStatus(this.#context, runId);
  }

  /**
   * Active runs in the order of their ids. Runs that are active during the whole walk over the pages are
   * seen; pages are not one snapshot.
   */
  runs(page?: PageOptions): Promise<Page<RunStatus>> {
    return listRuns(this.#context, page);
  }

  /**
   * Cancels an active run; false where there is none. A run whose step is not running has ended, cancelled,
   * when the promise resolves. A running step is asked to stop by its `abortSignal`; once it returns or
   * throws, the run ends as cancelled without a reason, and what it returned, threw or staged is dropped. If
   * it returned `StepOutcome.cancel` itself, its reason and effects count.
   *
   * @throws WF_INVALID_RUN_ID
   */
  cancel(runId: string): Promise<boolean> {
    return cancelRun(this.#context, runId);
  }

  /**
   * Runs steps and notifications until `signal` is aborted, then waits for those in hand without a limit.
   * With memo retention it sweeps beside them.
   *
   * @throws what `queue.claim` throws, once the steps in hand have ended
   */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    checkSignal(options.signal);
    const context = this.#context;
    const { memoRetentionMs } = context;
    const claimsEnded = new AbortController();
    const claiming = runClaims(
      context.queue,
      context.queueName,
      (claim) => deliver(context, claim),
      {
        signal: options.signal,
        concurrency: context.maxConcurrentSteps,
        pollInterval: context.pollMs,
        lease: context.leaseMs,
        maxRunTime: context.maxStepMs,
        logger: context.logger,
      },
    ).finally(() => claimsEnded.abort());
    const stop = AbortSignal.any([options.signal, claimsEnded.signal]);
    const sweeping =
      memoRetentionMs === undefined ? undefined : runMemoSweeper(context, memoRetentionMs, stop);
    await Promise.all([claiming, sweeping]);
  }
}

function deliver(context: RuntimeContext, claim: Claim): Promise<void> {
  return isTerminalJob(claim.job.headers)
    ? deliverTerminal(context, claim)
    : deliverStep(context, claim);
}
