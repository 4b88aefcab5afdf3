/** What the types promise a user. `tsc` checks it; run, it only proves that the names are there. */
import {
  type Claim,
  type Clock,
  type Duration,
  type Effects,
  type EnqueueOptions,
  type Job,
  type Memo,
  type ObjectStore,
  type Queue,
  type RunOutcome,
  type RunStatus,
  type Step,
  StepOutcome,
  systemClock,
  type TerminalHook,
  WfError,
  type WfErrorCode,
  type Worker,
  type WorkflowRuntime,
} from "@wf/core";
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
    expectTypeOf(code).returns.toEqualTypeOf<WfErrorCode | undefined>();
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
