import assert from "node:assert/strict";
import { createObject, WfError, type WfErrorCode } from "@wf/core";
import { assertBody, text } from "../assertions.ts";
import {
  collect,
  fill,
  keysOf,
  type ObjectStoreCase,
  type ObjectStoreWorld,
  patternedBody,
} from "./object-store-case.ts";
import type { ObjectStoreFaults } from "./object-store-subject.ts";

const MINE = text("the caller's own");
const THEIRS = text("another writer's");
const OLD = text("what was there before");
/** Times that a caller repeats what failed in a passing way. */
const MAX_TRIES = 10;

/** Whose answer is lost: the request was carried out, so it must not be told that nothing happened. */
const LOST: readonly WfErrorCode[] = ["WF_STORE_OUTCOME_UNKNOWN"];
/** What the client cannot always tell from a lost answer, though the request never arrived. */
const NOT_ARRIVED: readonly WfErrorCode[] = ["WF_STORE_OUTCOME_UNKNOWN", "WF_STORE_UNAVAILABLE"];

export const FAULT_CASES: readonly ObjectStoreCase[] = [
  {
    id: "fault-001",
    title: "a create whose answer was lost is settled as created by createObject",
    needsFaults: true,
    async run(world) {
      const result = await meeting(world, "loseAnswerOfNextWrite", () =>
        repeated(() => createObject(world.store, "slot", MINE)),
      );
      assert.deepEqual(result, { created: true });
      assertBody(await world.store.get("slot"), MINE);
    },
  },
  {
    id: "fault-002",
    title: "a create whose answer was lost is settled as lost where another writer was first",
    needsFaults: true,
    async run(world) {
      await world.store.put("slot", THEIRS);
      const result = await meeting(world, "loseAnswerOfNextWrite", () =>
        repeated(() => createObject(world.store, "slot", MINE)),
      );
      assert.ok(!result.created, "the object of another writer was taken for the caller's");
      assertBody(result.existing, THEIRS);
      assertBody(await world.store.get("slot"), THEIRS);
    },
  },
  {
    id: "fault-003",
    title: "a create that did not reach the server is settled as created by createObject",
    needsFaults: true,
    async run(world) {
      const result = await meeting(world, "failNextWriteBeforeApplying", () =>
        repeated(() => createObject(world.store, "slot", MINE)),
      );
      assert.deepEqual(result, { created: true });
      assertBody(await world.store.get("slot"), MINE);
    },
  },
  {
    id: "fault-004",
    title: "a create whose answer was lost succeeds, or tells that it is unknown or there already",
    needsFaults: true,
    async run(world) {
      const put = () => world.store.put("slot", MINE, { ifAbsent: true });
      const end = await meeting(world, "loseAnswerOfNextWrite", () => endOf(put));
      assertEnd(end, [...LOST, "WF_STORE_ALREADY_EXISTS"]);
      assertBody(await world.store.get("slot"), MINE);
    },
  },
  {
    id: "fault-005",
    title: "a create whose answer was lost does not succeed where another writer was first",
    needsFaults: true,
    async run(world) {
      await world.store.put("slot", THEIRS);
      const put = () => world.store.put("slot", MINE, { ifAbsent: true });
      const end = await meeting(world, "loseAnswerOfNextWrite", () => endOf(put));
      assert.notEqual(end, undefined, "the put resolved");
      assertEnd(end, [...LOST, "WF_STORE_ALREADY_EXISTS"]);
      assertBody(await world.store.get("slot"), THEIRS);
    },
  },
  {
    id: "fault-006",
    title: "a create that did not reach the server is made by a repeat, or tells that it was not",
    needsFaults: true,
    async run(world) {
      const put = () => world.store.put("slot", MINE, { ifAbsent: true });
      const end = await meeting(world, "failNextWriteBeforeApplying", () => endOf(put));
      assertEnd(end, NOT_ARRIVED);
      const got = await world.store.get("slot");
      if (end === undefined) assertBody(got, MINE);
      else assert.equal(got, undefined);
    },
  },
  {
    id: "fault-007",
    title: "a replacement whose answer was lost succeeds, or tells that it is unknown",
    needsFaults: true,
    async run(world) {
      await world.store.put("key", OLD);
      const put = () => world.store.put("key", MINE);
      assertEnd(await meeting(world, "loseAnswerOfNextWrite", () => endOf(put)), LOST);
      assertBody(await world.store.get("key"), MINE);
    },
  },
  {
    id: "fault-008",
    title:
      "a replacement that did not reach the server is made by a repeat, or tells that it was not",
    needsFaults: true,
    async run(world) {
      await world.store.put("key", OLD);
      const put = () => world.store.put("key", MINE);
      const end = await meeting(world, "failNextWriteBeforeApplying", () => endOf(put));
      assertEnd(end, NOT_ARRIVED);
      assertBody(await world.store.get("key"), end === undefined ? MINE : OLD);
      await repeated(put);
      assertBody(await world.store.get("key"), MINE);
    },
  },
  {
    id: "fault-009",
    title: "a delete whose answer was lost succeeds, or tells that it is unknown",
    needsFaults: true,
    async run(world) {
      for (const keys of ["a", ["b"], ["c", "d", "missing"]]) {
        await fill(world.store, ["a", "b", "c", "d", "kept"]);
        const remove = () => world.store.delete(keys);
        assertEnd(await meeting(world, "loseAnswerOfNextWrite", () => endOf(remove)), LOST);
        await repeated(remove);
        const left = ["a", "b", "c", "d", "kept"].filter((key) => ![keys].flat().includes(key));
        assert.deepEqual(await keysOf(world.store, ""), left);
      }
    },
  },
  {
    id: "fault-010",
    title: "a delete that did not reach the server is made by a repeat, or tells that it was not",
    needsFaults: true,
    async run(world) {
      for (const keys of ["a", ["b"], ["c", "d", "missing"]]) {
        await fill(world.store, ["a", "b", "c", "d", "kept"]);
        const remove = () => world.store.delete(keys);
        const end = await meeting(world, "failNextWriteBeforeApplying", () => endOf(remove));
        assertEnd(end, NOT_ARRIVED);
        if (end !== undefined) await repeated(remove);
        const left = ["a", "b", "c", "d", "kept"].filter((key) => ![keys].flat().includes(key));
        assert.deepEqual(await keysOf(world.store, ""), left);
      }
    },
  },
  {
    id: "fault-011",
    title:
      "a get whose answer broke off gives the whole body or WF_STORE_UNAVAILABLE, never a part",
    needsFaults: true,
    async run(world) {
      const body = patternedBody(300_000);
      await world.store.put("key", body);
      for (const range of [undefined, { offset: 1_000, length: 200_000 }]) {
        const expected = range === undefined ? body : body.subarray(1_000, 201_000);
        const get = () => world.store.get("key", { range });
        const end = await meeting(world, "cutAnswerOfNextRead", () => settled(get));
        if (end.error === undefined) assertBody(end.value, expected);
        else assertEnd(end.error, ["WF_STORE_UNAVAILABLE"]);
        assertBody(await get(), expected);
      }
    },
  },
  {
    id: "fault-012",
    title: "a listing whose answer broke off is complete or ends with WF_STORE_UNAVAILABLE",
    needsFaults: true,
    async run(world) {
      const keys = Array.from({ length: 40 }, (_, i) => `key/${String(i).padStart(2, "0")}`);
      await fill(world.store, keys);
      const list = () => collect(world.store.list(""));
      const end = await meeting(world, "cutAnswerOfNextRead", () => settled(list));
      if (end.error !== undefined) assertEnd(end.error, ["WF_STORE_UNAVAILABLE"]);
      const listed = end.error === undefined ? end.value : await list();
      assert.deepEqual(
        listed?.map(({ key }) => key),
        keys,
      );
    },
  },
  {
    id: "fault-013",
    title: "of racers whose answers get lost one alone is told by createObject that it won",
    needsFaults: true,
    async run({ store, faults }) {
      for (let round = 0; round < 5; round++) {
        const bodies = Array.from({ length: 8 }, (_, i) => text(`racer ${i} of round ${round}`));
        for (let i = 0; i < 3; i++) faults.loseAnswerOfNextWrite();
        faults.failNextWriteBeforeApplying();
        const results = await Promise.all(
          bodies.map((body) => repeated(() => createObject(store, `slot/${round}`, body))),
        );
        const winners = bodies.filter((_, i) => results[i]?.created);
        assert.equal(winners.length, 1, `${winners.length} racers were told that they won`);
        assertBody(await store.get(`slot/${round}`), winners[0] as Uint8Array);
      }
    },
  },
  {
    id: "fault-014",
    title: "a call that waits for its answer holds up no other",
    needsFaults: true,
    async run({ store, faults }) {
      await fill(store, ["a", "b"]);
      const held = faults.holdNextRequest();
      const waiting = store.put("slow", MINE);
      try {
        await Promise.race([held.sent, waiting]);
        await store.put("a", MINE);
        assertBody(await store.get("a"), MINE);
        await store.delete("b");
        assert.deepEqual(await keysOf(store, ""), ["a"]);
      } finally {
        held.release();
        await waiting;
      }
      assertBody(await store.get("slow"), MINE);
    },
  },
];

/** Runs `act` so that its first request meets the fault. */
async function meeting<T>(
  { faults }: ObjectStoreWorld,
  fault: Exclude<keyof ObjectStoreFaults, "requestCount" | "holdNextRequest">,
  act: () => Promise<T>,
): Promise<T> {
  const before = faults.requestCount;
  faults[fault]();
  const result = await act();
  assert.ok(faults.requestCount > before, "no request went the way that has the fault");
  return result;
}

/** Calls until it is known how that ended, as a caller does after a failure that may pass. */
async function repeated<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const mayPass = WfError.is(error) && error.retry !== "never";
      if (!mayPass || attempt === MAX_TRIES) throw error;
    }
  }
}

async function settled<T>(
  call: () => Promise<T>,
): Promise<{ readonly value?: T; readonly error?: unknown }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

/** What the call threw; undefined where it resolved. */
async function endOf(call: () => Promise<void>): Promise<unknown> {
  return (await settled(call)).error;
}

/** That a call resolved, or failed with one of these codes. */
function assertEnd(end: unknown, codes: readonly WfErrorCode[]): void {
  if (end === undefined) return;
  assert.ok(WfError.is(end), `not a WfError: ${String(end)}`);
  assert.ok(codes.includes(end.code), `${end.code}, and not ${codes.join(" or ")}: ${end.message}`);
}
