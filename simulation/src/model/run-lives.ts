import type { EnqueueRequest } from "@wf/core";
import { OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Invocation } from "../world/journal.ts";
import { STAGED_PREFIX } from "../world/step-scripts.ts";
import { effectsOf } from "./effects-of.ts";
import type { Group } from "./group.ts";
import { require } from "./violation.ts";

const RECORDS_PREFIX = "workflow/runs/";

/** A step of a run, from the commit that enqueued it. */
export interface LifeStep {
  readonly number: number;
  readonly jobId: string;
  /** Of the signal that it waits for. */
  readonly waitKey: string | undefined;
  readonly group: Group;
  readonly payload: Uint8Array;
  readonly runAt: number | undefined;
}

/** How a run ended, by the log. */
export interface LifeEnd {
  readonly group: Group;
  /** `step`: by what `invocation` returned. `death`: the job of its step died. `cancel`: by a cancel from outside. */
  readonly by: "step" | "death" | "cancel";
  readonly invocation: Invocation | undefined;
  readonly error: string | undefined;
}

/** One run, from its submission to its end: an id may have several, one after the other. */
export interface Life {
  readonly runId: string;
  readonly steps: LifeStep[];
  end: LifeEnd | undefined;
}

/** The runs in a history, told by their records in the key-value store. */
export class RunLives {
  readonly all: Life[] = [];
  /** In whose commit each invocation staged its key. */
  readonly committed = new Map<number, Group>();
  readonly #stagedIn = new Map<Group, Invocation>();
  readonly #active = new Map<string, Life>();
  readonly #invocations: readonly Invocation[];

  constructor(groups: readonly Group[], invocations: readonly Invocation[]) {
    this.#invocations = invocations;
    for (const group of groups) this.#read(group);
  }

  #read(group: Group): void {
    const staged = this.#staged(group);
    for (const op of group.ops) {
      if (op.tag === OpTag.put && op.key.startsWith(RECORDS_PREFIX)) {
        this.#move(op.key.slice(RECORDS_PREFIX.length), op.value, group);
      } else if (op.tag === OpTag.delete && op.key.startsWith(RECORDS_PREFIX)) {
        this.#end(op.key.slice(RECORDS_PREFIX.length), group, staged);
      }
    }
  }

  #move(runId: string, record: Uint8Array, group: Group): void {
    const { step, jobId, waitKey } = JSON.parse(Buffer.from(record).toString());
    const enqueued = group.ops.find((op) => op.tag === OpTag.enqueue && op.job.id === jobId);
    require(enqueued?.tag === OpTag.enqueue, () => `run ${runId} moved to a step without a job`);
    const { runAt } = enqueued.job;
    // As it was asked for, since a large one is not in the log; the walker has compared the two.
    const payload = requestOf(group, jobId)?.payload;
    require(payload !== undefined, () => `run ${runId} moved to a step that no call enqueued`);
    const place = { number: step, jobId, waitKey, group, payload, runAt };
    const life = this.#active.get(runId);
    if (life === undefined) {
      require(step === 0, () => `run ${runId} begins with step ${step}`);
      const begun: Life = { runId, steps: [place], end: undefined };
      this.#active.set(runId, begun);
      this.all.push(begun);
      return;
    }
    require(step === life.steps.length, () => `run ${runId} lives twice, or skips to step ${step}`);
    life.steps.push(place);
  }

  #end(runId: string, group: Group, staged: Invocation | undefined): void {
    const life = this.#active.get(runId);
    // The effects of a death are said to happen once; what they remove may be gone.
    if (life === undefined) return;
    this.#active.delete(runId);
    const [first] = group.ops;
    const isDeath = first?.tag === OpTag.dead;
    const by = isDeath ? "death" : staged === undefined ? "cancel" : "step";
    const error = isDeath ? first.error : undefined;
    life.end = { group, by, invocation: staged, error };
  }

  /** The invocation whose key is in the commit; there is at most one, and it is in no other. */
  #staged(group: Group): Invocation | undefined {
    const numbers = group.ops.flatMap((op) =>
      op.tag === OpTag.put && op.key.startsWith(STAGED_PREFIX)
        ? [Number(op.key.slice(STAGED_PREFIX.length))]
        : [],
    );
    require(numbers.length <= 1, () => `one commit has the effects of invocations ${numbers}`);
    const [number] = numbers;
    if (number === undefined) return undefined;
    require(!this.committed.has(number), () => `invocation ${number} was committed twice`);
    this.committed.set(number, group);
    const invocation = this.#invocations[number - 1];
    if (invocation !== undefined) this.#stagedIn.set(group, invocation);
    return invocation;
  }

  /** Whose effects a commit has. */
  invocationIn(group: Group): Invocation | undefined {
    return this.#stagedIn.get(group);
  }
}

function requestOf({ call }: Group, jobId: string): EnqueueRequest | undefined {
  return call && effectsOf(call)?.enqueue?.find(({ id }) => id === jobId);
}
