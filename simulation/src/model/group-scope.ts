import type { CommitResult } from "@wf/core";
import type { Op } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Settings } from "../plan/plan.ts";
import type { Archive } from "../world/archive.ts";
import type { Call } from "../world/journal.ts";
import type { World } from "../world/world.ts";
import { CallIndex } from "./call-index.ts";
import { ClaimCheck } from "./claim-check.ts";
import type { Group } from "./group.ts";
import type { MatchContext } from "./match-effects.ts";
import { type ModelJob, ModelState } from "./model-state.ts";
import type { OpCursor } from "./op-cursor.ts";
import { require, violated } from "./violation.ts";

export type OpOf<Tag extends Op["tag"]> = Extract<Op, { tag: Tag }>;

/** What the matching of one group of records works on and with. */
export class GroupScope {
  readonly state = new ModelState();
  readonly groups: Group[] = [];
  readonly settings: Settings;
  readonly calls: CallIndex;
  readonly claims: ClaimCheck;
  readonly changedJobs = new Set<string>();
  readonly changedKeys = new Set<string>();
  /** Whether the group at hand was applied before it was durable. */
  isEarly = false;
  readonly #archive: Archive;

  constructor({ archive, journal }: World, settings: Settings) {
    this.#archive = archive;
    this.settings = settings;
    this.calls = new CallIndex(journal);
    this.claims = new ClaimCheck(journal, this.state, this.groups);
  }

  get matching(): MatchContext {
    return {
      state: this.state,
      settings: this.settings,
      archive: this.#archive,
      group: this.groups.length,
      changes: {
        job: (id) => this.changedJobs.add(id),
        key: (name) => this.changedKeys.add(name),
      },
    };
  }

  job(cursor: OpCursor, op: Op & { id: string }): ModelJob {
    const job = this.state.jobs.get(op.id);
    if (job === undefined) return violated(`${cursor.place}: ${cursor.show(op)}, which is unknown`);
    this.changedJobs.add(op.id);
    return job;
  }

  claimedJob(cursor: OpCursor, op: Op & { id: string }): ModelJob {
    const job = this.job(cursor, op);
    require(job.state === "claimed", () =>
      `${cursor.place}: ${cursor.show(op)}, which is ${job.state} and not claimed`);
    return job;
  }

  numbered(cursor: OpCursor, number: number, methods: readonly string[]): Call {
    const call = this.calls.byNumber(number);
    if (call === undefined || !methods.includes(call.method)) {
      return violated(`${cursor.place}: ${cursor.show(cursor.current)} is of call ${number}`);
    }
    return call;
  }

  /** The first of the calls about `id` that this can be of. */
  asked(cursor: OpCursor, op: Op, methods: readonly string[], id: string): Call {
    const [call] = this.calls.candidates(cursor.slot, methods, id);
    return call ?? violated(`${cursor.place}: ${cursor.show(op)} is of no call`);
  }

  /** The call that settles or cancels the job: the one that marked the commit, else one without effects. */
  settling(cursor: OpCursor, methods: readonly string[], id: string): Call {
    const candidates = this.calls.candidates(cursor.slot, methods, id);
    const withEffects = candidates.filter(({ args }) => args[1] !== undefined);
    const number = withEffects.length > 0 ? cursor.findCallNumber() : undefined;
    const marked = withEffects.find((call) => call.number === number);
    const call = marked ?? candidates.find(({ args }) => args[1] === undefined);
    return call ?? violated(`${cursor.place}: job ${id} is settled, and nobody asked for it`);
  }

  /** Where the call was answered, it was with this. */
  expectAnswer(call: Call, expected: CommitResult | unknown): void {
    if (call.value === undefined) return;
    const told = JSON.stringify(call.value);
    const right = JSON.stringify(expected);
    require(told === right, () =>
      `call ${call.number}, ${call.method}, was answered with ${told} instead of ${right}`);
  }
}
