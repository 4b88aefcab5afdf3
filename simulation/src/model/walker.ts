import type { Claim } from "@wf/core";
import { type Op, OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Settings } from "../plan/plan.ts";
import type { Call } from "../world/journal.ts";
import { CALL_TAG } from "../world/recording-queue.ts";
import type { World } from "../world/world.ts";
import { matchCommit, matchDelete, matchEnqueues, matchPut, matchWakes } from "./commit-groups.ts";
import type { Group } from "./group.ts";
import { GroupScope } from "./group-scope.ts";
import type { HistorySlot } from "./history.ts";
import {
  matchCancelRequest,
  matchClaim,
  matchDead,
  matchDone,
  matchRelease,
  matchRemove,
  matchRequeue,
  matchRetry,
} from "./job-groups.ts";
import { imageOf } from "./job-image.ts";
import type { ModelState } from "./model-state.ts";
import { OpCursor } from "./op-cursor.ts";
import { Timelines } from "./timeline.ts";
import { require } from "./violation.ts";

/**
 * Goes through the history and does everything in it once more, by the contract: finds the call that each record is of,
 * decides it on the state as it is then, and holds the log and the answer against that.
 */
export class Walker {
  /** What each job looked like; undefined where there is none. */
  readonly jobs = new Timelines<string | undefined>(undefined);
  readonly keys = new Timelines<Uint8Array | undefined>(undefined);
  readonly #scope: GroupScope;

  constructor(world: World, settings: Settings) {
    this.#scope = new GroupScope(world, settings);
  }

  get state(): ModelState {
    return this.#scope.state;
  }

  get groups(): readonly Group[] {
    return this.#scope.groups;
  }

  slot(slot: HistorySlot): void {
    const cursor = new OpCursor(slot);
    while (cursor.current !== undefined) this.#group(cursor, cursor.current);
  }

  /** Whether a claim that was given out stands in the history. */
  isClaimFound(claim: Claim): boolean {
    return !this.#scope.claims.lost.some((lost) => lost.claim === claim);
  }

  /** Whether something was under way with the job during the call. */
  isTouched(jobId: string, call: Call): boolean {
    return this.#scope.claims.isTouched(jobId, call);
  }

  #group(cursor: OpCursor, first: Op): void {
    const scope = this.#scope;
    const { groups, state, changedJobs, changedKeys } = scope;
    const { slot, position } = cursor;
    scope.isEarly = false;
    const call = match(scope, cursor, first);
    const ops = slot.ops.slice(position, cursor.position);
    const group = { index: groups.length, slot, ops, call, isEarly: scope.isEarly };
    groups.push(group);
    if (call !== undefined) markFound(call, cursor);
    for (const id of changedJobs) {
      const job = state.jobs.get(id);
      this.jobs.of(id).add(group, job && imageOf(job));
    }
    for (const key of changedKeys) this.keys.of(key).add(group, state.kv.get(key));
    changedJobs.clear();
    changedKeys.clear();
  }
}

function match(scope: GroupScope, cursor: OpCursor, op: Op): Call | undefined {
  switch (op.tag) {
    case OpTag.claim:
      return matchClaim(scope, cursor, op);
    case OpTag.release:
      return matchRelease(scope, cursor, op);
    case OpTag.done:
      return matchDone(scope, cursor, op);
    case OpTag.retry:
      return matchRetry(scope, cursor, op);
    case OpTag.dead:
      return matchDead(scope, cursor, op);
    case OpTag.remove:
      return matchRemove(scope, cursor, op);
    case OpTag.requestCancel:
      return matchCancelRequest(scope, cursor, op);
    case OpTag.requeue:
      return matchRequeue(scope, cursor, op);
    case OpTag.enqueue: {
      const number = op.job.headers[CALL_TAG];
      if (number === undefined) return matchCommit(scope, cursor);
      return matchEnqueues(scope, cursor, Number(number));
    }
    case OpTag.wake:
      return matchWakes(scope, cursor, op);
    case OpTag.put:
      return op.key === CALL_TAG ? matchCommit(scope, cursor) : matchPut(scope, cursor, op);
    case OpTag.delete:
      return matchDelete(scope, cursor, op);
  }
}

/** No call is done twice, or by another process. Of one claim call there are as many records as jobs. */
function markFound(call: Call, cursor: OpCursor): void {
  if (call.method === "claim") return;
  require(!call.found, () => `${cursor.place}: call ${call.number} is done a second time`);
  call.found = true;
  require(call.process.number === cursor.slot.by, () =>
    `${cursor.place}: call ${call.number} stands in the log of another process`);
}
