import { WfError } from "../errors.ts";
import type { Page, PageOptions } from "../queue/page.ts";
import type { Claim, Queue } from "../queue/queue.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { checkStopSignal, runClaims } from "../worker/claim-loop.ts";
import { cancelRun } from "./cancel.ts";
import { runMemoSweeper } from "./memo-sweeper.ts";
import { type OutcomeOptions, runOutcome } from "./outcome.ts";
import { runOutcomeSweeper } from "./outcome-sweeper.ts";
import type { RunOutcome, RunSpec, RunStatus, Submission } from "./run.ts";
import { isTerminalJob } from "./run-keys.ts";
import { listRuns, runStatus } from "./run-status.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { SignalSender } from "./signal-sender.ts";
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
  readonly #signals: SignalSender;

  /** Made by {@link WorkflowRuntimeBuilder.build}. @internal */
  constructor(context: RuntimeContext) {
    this.#context = context;
    this.#signals = new SignalSender(context);
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
   * Waits for the end of a run and tells how it ended; at once for one that has ended, where its outcome is
   * kept (`outcomeRetention`). Works from every runtime on the queue, for sleeping runs and right after a
   * restart, and without polling. With a run active under this id, that one is waited for, whatever is kept
   * of an earlier one.
   *
   * Without `outcomeRetention`, who waits in the process in which the run ends is told. In another process
   * it depends on what the end left behind: it is told while the run's notification is under way, and of a
   * step that died; otherwise the wait ends with WF_OUTCOME_NOT_KEPT.
   *
   * @throws WF_RUN_NOT_FOUND when no run of this id is active and no outcome is kept
   * @throws WF_OUTCOME_NOT_KEPT when the run ended while it was waited for and nothing tells how
   * @throws WF_TIMED_OUT after `timeout`; the run goes on
   * @throws `signal.reason` as soon as `signal` is aborted
   * @throws WF_JOB_NOT_FOUND when the step's job was removed by other means, so that the run cannot end but
   *   by `cancel`
   * @throws WF_INVALID_RUN_ID, WF_INVALID_DURATION
   */
  outcome(runId: string, options: OutcomeOptions = {}): Promise<RunOutcome> {
    return runOutcome(this.#context, runId, options);
  }

  /**
   * Sends `payload` to the run that waits for `correlationKey` (`StepOutcome.continueOnSignal`): `delivered`
   * when it wakes one. Otherwise the signal is `buffered`, durably and without an end, until one waits for the
   * key: at most 1,000 a key, of which each wait takes the oldest. Signals sent one after the other keep
   * their order. A signal whose promise rejected with an `ambiguous` error may have been sent.
   *
   * A signal that comes with the time limit of the wait wakes the step, or is buffered and found by it, or
   * by the next wait; it is never lost, and delivered once. One that was delivered to a run is gone with it.
   *
   * @throws WF_SIGNAL_BUFFER_FULL
   * @throws WF_KV_VALUE_TOO_LARGE over 256 KiB
   * @throws WF_INVALID_KEY unless the key is a well-formed string of 1 to 1,024 bytes; WF_INVALID_ARGUMENT
   */
  signal(correlationKey: string, payload: Uint8Array): Promise<"delivered" | "buffered"> {
    return this.#signals.send(correlationKey, payload);
  }

  /**
   * Removes the signals that are buffered for a key; false where there are none. A run that waits goes on
   * waiting.
   *
   * @throws WF_INVALID_KEY
   */
  clearSignal(correlationKey: string): Promise<boolean> {
    return this.#signals.clear(correlationKey);
  }

  /**
   * Runs steps and notifications until `signal` is aborted, then waits for those in hand without a limit.
   * Steps in hand are told by their `abortSignal`, with the code WF_SHUTDOWN, and may end early. With memo or
   * outcome retention it sweeps beside them.
   *
   * @throws what `queue.claim` throws, once the steps in hand have ended
   */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    checkStopSignal(options);
    const context = this.#context;
    const shutdown = new AbortController();
    const onStop = () => shutdown.abort(shutdownError(options.signal.reason));
    options.signal.addEventListener("abort", onStop, { once: true });
    if (options.signal.aborted) onStop();
    const stopped = new AbortController();
    const claiming = runClaims(
      context.queue,
      context.queueName,
      (claim) => deliver(context, claim, shutdown.signal),
      {
        signal: options.signal,
        concurrency: context.maxConcurrentSteps,
        pollInterval: context.pollMs,
        lease: context.leaseMs,
        maxRunTime: context.maxStepMs,
        logger: context.logger,
      },
    ).finally(() => {
      options.signal.removeEventListener("abort", onStop);
      stopped.abort();
    });
    const stop = AbortSignal.any([shutdown.signal, stopped.signal]);
    await Promise.all([claiming, ...sweepers(context, stop)]);
  }
}

function sweepers(context: RuntimeContext, stop: AbortSignal): Promise<void>[] {
  const { memoRetentionMs, outcomeRetentionMs } = context;
  return [
    ...(memoRetentionMs === undefined ? [] : [runMemoSweeper(context, memoRetentionMs, stop)]),
    ...(outcomeRetentionMs === undefined
      ? []
      : [runOutcomeSweeper(context, outcomeRetentionMs, stop)]),
  ];
}

function shutdownError(cause: unknown): WfError {
  return new WfError(
    "WF_SHUTDOWN",
    "the runtime was told to stop; it waits for this step, which may end early",
    { cause },
  );
}

function deliver(context: RuntimeContext, claim: Claim, shutdown: AbortSignal): Promise<void> {
  return isTerminalJob(claim.job.headers)
    ? deliverTerminal(context, claim)
    : deliverStep(context, claim, shutdown);
}
