import type { OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import type { Call } from "../world/journal.ts";
import { tagged } from "../world/recording-queue.ts";
import type { GroupScope, OpOf } from "./group-scope.ts";
import { matchEffects, sameBytes } from "./match-effects.ts";
import type { OpCursor } from "./op-cursor.ts";
import { violated } from "./violation.ts";

/** A commit that names its call. */
export function matchCommit(scope: GroupScope, cursor: OpCursor): Call {
  const number = cursor.findCallNumber();
  if (number === undefined) {
    return violated(`${cursor.place}: ${cursor.show(cursor.current)} is of no call`);
  }
  const call = scope.numbered(cursor, number, ["commit"]);
  const effects = tagged(call.args[0], call.number);
  scope.expectAnswer(call, matchEffects(scope.matching, cursor, effects));
  return call;
}

/** Enqueues that name their call in their headers. */
export function matchEnqueues(scope: GroupScope, cursor: OpCursor, number: number): Call {
  const call = scope.numbered(cursor, number, ["enqueue", "enqueueMany"]);
  const isOne = call.method === "enqueue";
  const enqueue = isOne ? [call.args[0]] : call.args[0];
  const options = { tag: String(number) };
  const { enqueued } = matchEffects(scope.matching, cursor, { enqueue }, options);
  scope.expectAnswer(call, isOne ? enqueued[0] : enqueued);
  return call;
}

export function matchWakes(scope: GroupScope, cursor: OpCursor, op: OpOf<typeof OpTag.wake>): Call {
  const direct = scope.calls
    .candidates(cursor.slot, ["wake"], op.id)
    .find(({ args }) => sameBytes(args[1], op.payload));
  if (direct === undefined) return matchCommit(scope, cursor);
  const wake = [{ jobId: op.id, payload: op.payload }];
  const { woken } = matchEffects(scope.matching, cursor, { wake });
  scope.expectAnswer(direct, woken[0]);
  return direct;
}

/** A put by itself: of `kv.put`, or of a compare that held. */
export function matchPut(scope: GroupScope, cursor: OpCursor, op: OpOf<typeof OpTag.put>): Call {
  const call = scope.calls
    .candidates(cursor.slot, ["kv.put", "kv.compareAndPut"], op.key)
    .find(({ method, args }) => sameBytes(method === "kv.put" ? args[1] : args[2], op.value));
  if (call === undefined) return violated(`${cursor.place}: ${cursor.show(op)} is of no call`);
  const isPlain = call.method === "kv.put";
  const expect = isPlain ? {} : { [op.key]: call.args[1] };
  matchEffects(scope.matching, cursor, { expect, put: { [op.key]: op.value } });
  if (!isPlain) scope.expectAnswer(call, true);
  return call;
}

/**
 * A delete by itself. Deletes of one key are alike: it is of a compare that is known to have held, else of `kv.delete`, else of
 * a compare of which nothing is known.
 */
export function matchDelete(
  scope: GroupScope,
  cursor: OpCursor,
  op: OpOf<typeof OpTag.delete>,
): Call {
  const { calls } = scope;
  const compares = calls.candidates(cursor.slot, ["kv.compareAndDelete"], op.key);
  const held = compares.find(({ value }) => value === true);
  const [plain] = calls.candidates(cursor.slot, ["kv.delete"], op.key);
  const call = held ?? plain ?? compares[0];
  if (call === undefined) return violated(`${cursor.place}: ${cursor.show(op)} is of no call`);
  const expect = call === held ? { [op.key]: call.args[1] } : {};
  matchEffects(scope.matching, cursor, { expect, delete: [op.key] });
  if (call === held) scope.expectAnswer(call, true);
  return call;
}
