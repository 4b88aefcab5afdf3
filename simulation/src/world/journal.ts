import { WfError } from "@wf/core";
import type { Process } from "./process.ts";
import type { Moment, World } from "./world.ts";

/** A call of a method of the queue or the runtime, and what came of it. */
export interface Call {
  readonly number: number;
  readonly process: Process;
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of any method; the model knows which
  readonly args: readonly any[];
  readonly begun: Moment;
  /** Undefined while, or where, there was no answer. */
  settled: Moment | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the answer of any method
  value: any;
  error: unknown;
  /** Whether it stands in the history. */
  found: boolean;
}

/** One time that the code of a step, a handler or a hook was run. */
export interface Invocation {
  readonly number: number;
  readonly kind: "step" | "handler" | "hook";
  readonly process: Process;
  /** Of the step or job; of a hook, of nothing. */
  readonly jobId: string;
  readonly begun: Moment;
  /** What it was given, and what it saw, by kind. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What it returned; undefined where it threw, or did not get so far. */
  returned: unknown;
}

/** Everything that was asked of the system, and all that it asked of its users, in order. */
export class Journal {
  readonly calls: Call[] = [];
  readonly invocations: Invocation[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Makes a call and keeps what comes of it, as long as its process lives to see it. */
  call<T>(
    process: Process,
    method: string,
    args: readonly unknown[],
    act: (number: number) => Promise<T>,
  ): Promise<T> {
    const call: Call = {
      number: this.calls.length + 1,
      process,
      method,
      args,
      begun: this.#world.now(),
      settled: undefined,
      value: undefined,
      error: undefined,
      found: false,
    };
    this.calls.push(call);
    return act(call.number).then(
      (value) => {
        this.#settle(call, value, undefined);
        return value;
      },
      (error) => {
        this.#settle(call, undefined, error);
        throw error;
      },
    );
  }

  invocation(
    kind: Invocation["kind"],
    process: Process,
    jobId: string,
    given: Readonly<Record<string, unknown>>,
  ): Invocation {
    const number = this.invocations.length + 1;
    const begun = this.#world.now();
    const invocation = { number, kind, process, jobId, begun, given, returned: undefined };
    this.invocations.push(invocation);
    return invocation;
  }

  #settle(call: Call, value: unknown, error: unknown): void {
    if (call.process.isDead) return;
    call.settled = this.#world.now();
    call.value = value;
    call.error = error;
  }
}

/** Whether an answer says that something was written, or leaves it open. */
export function mayBeRecorded({ settled, method, value, error }: Call): boolean {
  if (settled === undefined || codeOf(error) === "WF_FENCED") return true;
  if (error !== undefined) return false;
  switch (method) {
    case "kv.compareAndPut":
    case "kv.compareAndDelete":
      return value;
    case "enqueue":
      return value.isNew;
    case "enqueueMany":
      return value.some(({ isNew }: { isNew: boolean }) => isNew);
    case "cancel":
      return value !== "not_found";
    case "wake":
      return value === "woken";
    default:
      return true;
  }
}

/** The code of a failure that the contract knows; undefined for any other. */
export function codeOf(error: unknown): string | undefined {
  return WfError.is(error) ? error.code : undefined;
}
