/** What the types promise a user. `tsc` checks it; run, it only proves that the names are there. */
import {
  type Claim,
  type Clock,
  type CompletionOutcome,
  type Duration,
  type Effects,
  type EnqueueOptions,
  type EnqueueRequest,
  type Job,
  type Memo,
  type ObjectStore,
  type Queue,
  type RunOutcome,
  type RunStatus,
  runWorker,
  type Step,
  StepOutcome,
  systemClock,
  type TerminalHook,
  WfError,
  type WfErrorCode,
  type Worker,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue, type ObjectStoreQueueOptions } from "@wf/queue-object-store";
import { describe, expectTypeOf, it } from "vitest";

describe("the types", () => {
  it("take a duration as milliseconds or as a number with a unit, and nothing else", () => {
    expectTypeOf<250>().toExtend<Duration>();
    expectTypeOf<"1.5h">().toExtend<Duration>();
    expectTypeOf<"soon">().not.toExtend<Duration>();
    expectTypeOf<"5y">().not.toExtend<Duration>();
  });

  it("give what remember's function gives, awaited", () => {
    const remember = <T>(memo: Memo, compute: () => T | Promise<T>) => memo.remember("k", compute);
    expectTypeOf(remember<{ total: number }>).returns.toEqualTypeOf<Promise<{ total: number }>>();
  });

  it("tell the outcomes of a run apart by their status", () => {
    type Succeeded = Extract<RunOutcome, { status: "succeeded" }>;
    type Failed = Extract<RunOutcome, { status: "failed" }>;
    type Cancelled = Extract<RunOutcome, { status: "cancelled" }>;
    expectTypeOf<Succeeded["result"]>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Failed["error"]>().toEqualTypeOf<string>();
    expectTypeOf<Cancelled["reason"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<RunOutcome["status"]>().toEqualTypeOf<"succeeded" | "failed" | "cancelled">();
    // @ts-expect-error: there is no result before the status is known
    expectTypeOf<RunOutcome["result"]>();
  });

  it("name the states of a job, of a run and the codes of errors one by one", () => {
    expectTypeOf<Job["state"]>().toEqualTypeOf<
      "pending" | "scheduled" | "claimed" | "done" | "dead"
    >();
    expectTypeOf<RunStatus["state"]>().toEqualTypeOf<
      "pending" | "running" | "waiting" | "cancelling"
    >();
    expectTypeOf<"WF_FENCED">().toExtend<WfErrorCode>();
    expectTypeOf<"WF_FENCE">().not.toExtend<WfErrorCode>();
  });

  it("narrow what was thrown by a code", () => {
    const code = (thrown: unknown) => (WfError.is(thrown, "WF_CONFLICT") ? thrown.code : undefined);
    expectTypeOf(code).returns.toEqualTypeOf<"WF_CONFLICT" | undefined>();
    const anyCode = (thrown: unknown) => (WfError.is(thrown) ? thrown.code : undefined);
    expectTypeOf(anyCode).returns.toEqualTypeOf<WfErrorCode | undefined>();
    // @ts-expect-error: there is no such code
    expectTypeOf(WfError.is(undefined, "WF_CONFLIKT"));
  });

  it("leave an error of another code what it is", () => {
    const otherCode = (error: WfError) =>
      WfError.is(error, "WF_CONFLICT") ? undefined : error.code;
    expectTypeOf(otherCode).returns.toEqualTypeOf<WfErrorCode | undefined>();
  });

  it("take a worker that returns effects, or nothing, at once or later", () => {
    expectTypeOf<(claim: Claim) => void>().toExtend<Worker>();
    expectTypeOf<(claim: Claim) => Promise<void>>().toExtend<Worker>();
    expectTypeOf<() => { enqueue: [] }>().toExtend<Worker>();
    expectTypeOf<{ process: () => Promise<Effects> }>().toExtend<Worker>();
    expectTypeOf<() => number>().not.toExtend<Worker>();
  });

  it("take a step that returns an outcome, and refuse one that returns none", () => {
    expectTypeOf(StepOutcome.succeed).parameters.toEqualTypeOf<[Uint8Array]>();
    type Runner = Parameters<typeof WorkflowRuntime.builder>[2];
    expectTypeOf<(step: Step) => Promise<StepOutcome>>().toExtend<Runner>();
    expectTypeOf<{ runStep(step: Step): Promise<StepOutcome> }>().toExtend<Runner>();
    expectTypeOf<() => Promise<void>>().not.toExtend<Runner>();
    expectTypeOf<(step: Step) => Promise<string>>().not.toExtend<Runner>();
  });

  it("know what a handler is given where it is written in place", () => {
    const work = (queue: Queue, signal: AbortSignal) => [
      runWorker(
        queue,
        "jobs",
        async (claim) => {
          expectTypeOf(claim).toEqualTypeOf<Claim>();
          expectTypeOf(claim.job.payload).toEqualTypeOf<Uint8Array>();
          return { enqueue: [{ queue: "next", payload: claim.job.payload, delay: "5s" }] };
        },
        { signal },
      ),
      runWorker(
        queue,
        "jobs",
        {
          process({ job }) {
            expectTypeOf(job).toEqualTypeOf<Job>();
          },
        },
        { signal },
      ),
      // @ts-expect-error: such effects would be without effect
      runWorker(queue, "jobs", () => ({ enqueu: [] }), { signal }),
      // @ts-expect-error: nothing else ends the worker
      runWorker(queue, "jobs", () => {}, { concurrency: 2 }),
      // @ts-expect-error: a misspelt option
      runWorker(queue, "jobs", () => {}, { signal, concurency: 2 }),
    ];
    expectTypeOf(work).returns.toEqualTypeOf<Promise<void>[]>();
  });

  it("know what a step and a hook are given where they are written in place", () => {
    const build = (queue: Queue, store: ObjectStore) =>
      WorkflowRuntime.builder(
        queue,
        store,
        async (step) => {
          expectTypeOf(step).toEqualTypeOf<Step>();
          expectTypeOf(step.signal).toEqualTypeOf<Uint8Array | undefined>();
          const total = await step.memo.remember("total", async () => ({ cents: 100 }));
          expectTypeOf(total).toEqualTypeOf<{ cents: number }>();
          return step.stepNumber === 0
            ? StepOutcome.continueOnSignal(step.payload, "approved", "7d")
            : StepOutcome.succeed(step.payload);
        },
        {
          async onTermination(outcome, effects) {
            expectTypeOf(outcome).toEqualTypeOf<RunOutcome>();
            if (outcome.status === "succeeded") effects.put("result", outcome.result);
          },
          observes: ({ status }) => status !== "cancelled",
        },
      );
    const chain = (builder: ReturnType<typeof build>) =>
      builder.queueName("steps").memoRetention("1d").maxConcurrentSteps(4).build();
    expectTypeOf(chain).returns.toEqualTypeOf<WorkflowRuntime>();
    expectTypeOf<"soon">().not.toExtend<Parameters<typeof StepOutcome.continueOnSignal>[2]>();
  });

  it("take the effects of a commit by their names, and tell how each went", () => {
    const commit = async (queue: Queue, payload: Uint8Array) => {
      const { enqueued, woken } = await queue.commit({
        expect: { counter: undefined, lock: payload },
        put: { counter: payload },
        delete: ["lock"],
        enqueue: [{ queue: "jobs", payload, backoff: { base: "1s", jitter: "none" } }],
        wake: [{ jobId: "sleeper" }],
      });
      expectTypeOf(enqueued[0]?.isNew).toEqualTypeOf<boolean | undefined>();
      return woken[0];
    };
    expectTypeOf(commit).returns.resolves.toEqualTypeOf<
      "woken" | "not_scheduled" | "not_found" | undefined
    >();
    expectTypeOf<{ putt: object }>().not.toExtend<Effects>();
    expectTypeOf<{ put: { key: string } }>().not.toExtend<Effects>();
    expectTypeOf<{ queue: "jobs" }>().not.toExtend<EnqueueRequest>();
    expectTypeOf<{ jitter: "half" }>().not.toExtend<EnqueueOptions["backoff"]>();
  });

  it("tell the ends of a wait for a job apart by their status", () => {
    type Completed = Extract<CompletionOutcome, { status: "completed" }>;
    expectTypeOf<Completed["job"]>().toEqualTypeOf<Job | undefined>();
    // @ts-expect-error: there is no job before the status is known
    expectTypeOf<CompletionOutcome["job"]>();
  });

  it("take the settings of a queue by their names", () => {
    type Settings = NonNullable<ObjectStoreQueueOptions["queues"]>[string];
    expectTypeOf<{ deadRetention: "forever"; lease: "1m" }>().toExtend<Settings>();
    expectTypeOf<{ doneRetention: "forever" }>().not.toExtend<Settings>();
    const open = (store: ObjectStore) => [
      ObjectStoreQueue.open(store, { prefix: "queue", queues: { mail: { maxAttempts: 5 } } }),
      // @ts-expect-error: a misspelt setting
      ObjectStoreQueue.open(store, { prefix: "queue", queues: { mail: { retryLimit: 5 } } }),
      // @ts-expect-error: the place cannot be left out
      ObjectStoreQueue.open(store, { heartbeat: "1s" }),
    ];
    expectTypeOf(open).returns.toEqualTypeOf<Promise<ObjectStoreQueue>[]>();
  });

  it("take payloads as bytes, a Buffer among them, and no text", () => {
    expectTypeOf<Parameters<Queue["enqueue"]>[1]>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Buffer>().toExtend<Parameters<Queue["enqueue"]>[1]>();
    expectTypeOf<string>().not.toExtend<Parameters<Queue["enqueue"]>[1]>();
  });

  it("let an option be left undefined", () => {
    expectTypeOf<{ priority: undefined; delay: undefined }>().toExtend<EnqueueOptions>();
    expectTypeOf<{ priority: string }>().not.toExtend<EnqueueOptions>();
  });

  it("ask four methods of a store, two of a clock and one of a hook", () => {
    expectTypeOf<keyof ObjectStore>().toEqualTypeOf<"put" | "get" | "delete" | "list">();
    expectTypeOf<keyof Clock>().toEqualTypeOf<"now" | "sleep">();
    expectTypeOf(systemClock).toExtend<Clock>();
    expectTypeOf<{ onTermination(): Promise<void> }>().toExtend<TerminalHook>();
  });
});
