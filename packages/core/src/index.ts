export { type Clock, systemClock } from "./clock.ts";
export { type Duration, MAX_DURATION_MS, toMs } from "./duration.ts";
export {
  ConflictError,
  describeError,
  type ErrorContext,
  FencedError,
  isPermanent,
  type Retry,
  StoreError,
  WF_ERROR_CODES,
  WfError,
  type WfErrorCode,
} from "./errors.ts";
export { type Logger, silentLogger } from "./logger.ts";
export { Memo } from "./memo/memo.ts";
export { MemoStore, type MemoStoreOptions, type TerminalMarker } from "./memo/memo-store.ts";
export type { BackoffOptions } from "./queue/backoff.ts";
export type {
  CommitResult,
  Effects,
  EnqueueOptions,
  EnqueueRequest,
  EnqueueResult,
  WakeRequest,
  WakeResult,
} from "./queue/effects.ts";
export type { AttemptOutcome, Job, JobAttempt, JobState } from "./queue/job.ts";
export type { KeyValue, KeyValueEntry, KeyValueReader } from "./queue/key-value.ts";
export type { Page, PageOptions } from "./queue/page.ts";
export type {
  Claim,
  ClaimOptions,
  CommitOptions,
  CompletionOutcome,
  NackOptions,
  Queue,
  QueueInspector,
  QueueStats,
  WaitOptions,
} from "./queue/queue.ts";
export type { QueueConfig } from "./queue/queue-config.ts";
export { type RandomSource, systemRandom } from "./random.ts";
export { type CreateResult, createObject } from "./store/create-object.ts";
export type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "./store/object-store.ts";
export { JobError, type JobErrorOptions } from "./worker/job-error.ts";
export {
  runWorker,
  type Worker,
  type WorkerFunction,
  type WorkerOptions,
} from "./worker/run-worker.ts";
export type { OutcomeOptions } from "./workflow/outcome.ts";
export type { RunOutcome, RunSpec, RunStatus, Submission } from "./workflow/run.ts";
export type { Step, StepFunction, StepRunner } from "./workflow/step.ts";
export type { StepEffects } from "./workflow/step-effects.ts";
export { StepError } from "./workflow/step-error.ts";
export { StepOutcome } from "./workflow/step-outcome.ts";
export type { TerminalEffects } from "./workflow/terminal-effects.ts";
export { noTerminalHook, type TerminalHook } from "./workflow/terminal-hook.ts";
export { WorkflowRuntime } from "./workflow/workflow-runtime.ts";
export { WorkflowRuntimeBuilder } from "./workflow/workflow-runtime-builder.ts";
