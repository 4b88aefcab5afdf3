import { checkOptions, type OptionNames, show } from "../argument-checks.ts";
import { WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim, Queue } from "../queue/queue.ts";
import { type ClaimLoopOptions, runClaims } from "./claim-loop.ts";
import { deliverJob } from "./deliver-job.ts";

const DEFAULT_CONCURRENCY = 16;

/** Handles one job. What it returns is committed with the job's end. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without a return has this type
export type WorkerFunction = (claim: Claim) => Promise<Effects | void> | Effects | void;

/**
 * The application's side of {@link runWorker}: a function, or an object whose `process` is one. It does not settle
 * the claim.
 */
export type Worker = WorkerFunction | { process: WorkerFunction };

/** How {@link runWorker} works. */
export interface WorkerOptions extends Omit<ClaimLoopOptions, "concurrency"> {
  /** Jobs handled at once, 1 to 10,000. Default 16. */
  readonly concurrency?: number | undefined;
}

const NAMES: OptionNames<WorkerOptions> = {
  signal: true,
  concurrency: true,
  lease: true,
  maxRunTime: true,
  pollInterval: true,
  logger: true,
};

/**
 * Works on a queue until `options.signal` is aborted, then waits for the jobs in hand without a limit.
 *
 * A job whose handler returns is acknowledged, with the effects that it returned. One whose handler throws
 * is tried again after its backoff, or after the error's `retryAfterMs`; it is dead when its attempts are
 * used up, or at once when the error is permanent ({@link JobError.permanent}, `isPermanent`). Effects
 * that the queue refuses kill the job as well, except a conflict, which is tried again.
 *
 * Leases renew themselves while a handler runs. A handler is never interrupted: `claim.abortSignal` tells
 * it that the job was cancelled or its lease lost. A cancelled job whose handler returns all the same is
 * done; one whose handler throws, whatever it throws, is dead and not tried again.
 *
 * A settlement that fails is logged, and its job comes back when the lease ends.
 *
 * @throws what `queue.claim` throws, once the jobs in hand have ended
 * @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_QUEUE_NAME before anything is claimed
 */
export async function runWorker(
  queue: Queue,
  queueName: string,
  worker: Worker,
  options: WorkerOptions,
): Promise<void> {
  const process = handlerOf(worker);
  checkOptions(options, "options", NAMES);
  const { concurrency = DEFAULT_CONCURRENCY } = options;
  const deliver = (claim: Claim) => deliverJob(queue, process, claim);
  await runClaims(queue, queueName, deliver, { ...options, concurrency });
}

function handlerOf(worker: Worker): WorkerFunction {
  if (typeof worker === "function") return worker;
  if (typeof worker?.process === "function") return (claim) => worker.process(claim);
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `worker is ${show(worker)}: give a function, or an object with a function "process"`,
  );
}
