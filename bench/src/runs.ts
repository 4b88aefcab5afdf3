import {
  type Logger,
  noTerminalHook,
  type ObjectStore,
  type Queue,
  StepOutcome,
  silentLogger,
  WorkflowRuntime,
} from "@wf/core";
import { inParallel } from "./load.ts";
import { stopwatch, type Taken } from "./stopwatch.ts";

const PAYLOAD = new Uint8Array(64);

export interface RunLoad {
  readonly runs: number;
  readonly stepsPerRun: number;
  /** Callers that submit one run after the other, each when the one before is durable. */
  readonly submitters: number;
  readonly stepsAtOnce: number;
  /** Whether a terminal hook is told of each end, which is one more durable job a run. */
  readonly hook: boolean;
  /** Submit all before the first step runs, and measure the steps alone. */
  readonly submitFirst: boolean;
}

/** Submits the runs and works until the last one has ended and that is durable. */
export async function workThrough(queue: Queue, store: ObjectStore, load: RunLoad): Promise<Taken> {
  const ended = new AbortController();
  let ends = 0;
  const end = () => {
    if (++ends === load.runs) ended.abort();
  };
  // A step that cannot be settled would never end; what is measured has no failures.
  let failure: unknown;
  const fail = (details: object, message: string) => {
    failure ??= new Error(message, { cause: details });
    ended.abort();
  };
  const logger: Logger = { ...silentLogger, error: fail };
  const runtime = WorkflowRuntime.builder(
    queue,
    store,
    async (step) => {
      if (step.stepNumber < load.stepsPerRun - 1) return StepOutcome.continueNow(PAYLOAD);
      if (!load.hook) end();
      return StepOutcome.succeed(PAYLOAD);
    },
    load.hook ? { onTermination: async () => end() } : noTerminalHook,
  )
    .maxConcurrentSteps(load.stepsAtOnce)
    .logger(logger)
    .build();
  const submitAll = () =>
    inParallel(load.runs, load.submitters, () => runtime.submit({ input: PAYLOAD }));
  if (load.submitFirst) await submitAll();
  const taken = stopwatch();
  // `run` resolves when what was in hand has ended durably.
  const working = runtime.run({ signal: ended.signal });
  if (!load.submitFirst) await submitAll();
  await working;
  if (failure !== undefined) throw failure;
  return taken();
}
