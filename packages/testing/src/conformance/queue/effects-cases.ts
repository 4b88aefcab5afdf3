import assert from "node:assert/strict";
import { type Effects, isPermanent, type Queue, type WfErrorCode } from "@wf/core";
import { assertCode, rejectsWith, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addMany,
  changesNothing,
  claimOne,
  countsOf,
  JOBS,
  jobOf,
  kvText,
  outcomesOf,
  type QueueCase,
  range,
  stateOf,
  textOf,
} from "./queue-case.ts";

const NEXT = "next";

/** Effects of which one part fails while the others could be applied, and the code of that failure. */
function failingEffects(): readonly (readonly [WfErrorCode, Effects])[] {
  const others: Effects = {
    enqueue: [{ queue: NEXT, payload: text("next") }],
    wake: [{ jobId: "sleeper" }],
    put: { key: text("new") },
    delete: ["kept"],
  };
  return [
    ["WF_CONFLICT", { ...others, expect: { kept: text("another value") } }],
    ["WF_CONFLICT", { ...others, expect: { kept: undefined } }],
    ["WF_CONFLICT", { ...others, expect: { kept: text("value"), missing: text("value") } }],
    [
      "WF_DUPLICATE_JOB_ID",
      {
        ...others,
        enqueue: [
          { queue: NEXT, payload: text("a"), id: "fresh", kv: { with: text("it") } },
          { queue: NEXT, payload: text("b"), id: "sleeper" },
        ],
      },
    ],
    ["WF_KV_VALUE_TOO_LARGE", { ...others, put: { key: new Uint8Array(262_145) } }],
  ];
}

/** What {@link failingEffects} fail upon. */
async function prepare(queue: Queue): Promise<void> {
  await queue.kv.put("kept", text("value"));
  await queue.enqueue("sleepers", text("job"), { id: "sleeper", delay: "1h" });
}

export const EFFECTS_CASES: readonly QueueCase[] = [
  {
    id: "queue-effects-001",
    title: "a commit applies all its parts and answers in their order",
    async run({ queue }) {
      await queue.kv.put("old", text("old"));
      await add(queue, "job", { id: "sleeper", delay: "1h" });
      await add(queue, "job", { id: "awake" });
      const result = await queue.commit({
        enqueue: [
          { queue: NEXT, payload: text("a"), id: "a" },
          { queue: NEXT, payload: text("b"), id: "b", delay: "1m", kv: { with: text("b") } },
        ],
        wake: [{ jobId: "awake" }, { jobId: "sleeper", payload: text("up") }, { jobId: "unknown" }],
        put: { new: text("new") },
        delete: ["old", "missing"],
      });
      assert.deepEqual(result, {
        enqueued: [
          { id: "a", isNew: true },
          { id: "b", isNew: true },
        ],
        woken: ["not_scheduled", "woken", "not_found"],
      });
      assert.deepEqual(
        await Promise.all(["a", "b", "sleeper", "awake"].map((id) => stateOf(queue, id))),
        ["pending", "scheduled", "pending", "pending"],
      );
      assert.deepEqual(await Promise.all(["new", "old", "with"].map((key) => kvText(queue, key))), [
        "new",
        undefined,
        "b",
      ]);
    },
  },
  {
    id: "queue-effects-002",
    title: "a commit of nothing answers nothing and changes nothing",
    async run({ queue }) {
      await changesNothing(queue, async () => {
        for (const effects of [{}, { enqueue: [], wake: [], put: {}, delete: [], expect: {} }]) {
          assert.deepEqual(await queue.commit(effects), { enqueued: [], woken: [] });
        }
      });
    },
  },
  {
    id: "queue-effects-003",
    title: "a commit that expects what a key holds is applied",
    async run({ queue }) {
      await queue.kv.put("key", text("1"));
      await queue.commit({ expect: { key: text("1") }, put: { key: text("2") } });
      await queue.commit({
        expect: { key: text("2"), other: undefined },
        put: { other: text("3") },
      });
      assert.deepEqual([await kvText(queue, "key"), await kvText(queue, "other")], ["2", "3"]);
    },
  },
  {
    id: "queue-effects-004",
    title: "a commit whose expectation fails is a conflict, permanent, and changes nothing",
    async run({ queue }) {
      await queue.kv.put("key", text("value"));
      for (const value of [undefined, text(""), text("valu"), text("value2"), text("VALUE")]) {
        await changesNothing(queue, () =>
          assert.rejects(
            queue.commit({ expect: { key: value }, put: { other: text("no") } }),
            (error) => {
              assertCode(error, "WF_CONFLICT");
              return isPermanent(error);
            },
          ),
        );
      }
    },
  },
  {
    id: "queue-effects-005",
    title: "an empty value is no absence",
    async run({ queue }) {
      await rejectsWith("WF_CONFLICT", () => queue.commit({ expect: { key: new Uint8Array() } }));
      await queue.kv.put("key", new Uint8Array());
      await rejectsWith("WF_CONFLICT", () => queue.commit({ expect: { key: undefined } }));
      await queue.commit({ expect: { key: new Uint8Array() }, put: { key: text("full") } });
      assert.equal(await kvText(queue, "key"), "full");
    },
  },
  {
    id: "queue-effects-006",
    title: "an expectation alone, without anything to do, is answered",
    async run({ queue }) {
      await queue.kv.put("key", text("value"));
      await queue.commit({ expect: { key: text("value"), other: undefined } });
      await rejectsWith("WF_CONFLICT", () => queue.commit({ expect: { other: text("value") } }));
    },
  },
  {
    id: "queue-effects-007",
    title: "a commit of which one part fails changes nothing",
    async run({ queue }) {
      await prepare(queue);
      for (const [code, effects] of failingEffects()) {
        await changesNothing(queue, () => rejectsWith(code, () => queue.commit(effects)));
      }
    },
  },
  {
    id: "queue-effects-008",
    title: "of commits that expect the same absence at the same time exactly one is applied",
    async run({ queue }) {
      const commits = range(20).map((index) =>
        queue.commit({
          expect: { lock: undefined },
          put: { lock: text(`${index}`) },
          enqueue: [{ queue: JOBS, payload: text(`${index}`) }],
        }),
      );
      const { values, errors } = await outcomesOf(commits);
      assert.equal(values.length, 1);
      for (const error of errors) assertCode(error, "WF_CONFLICT");
      assert.equal((await countsOf(queue)).pending, 1);
      assert.equal(textOf((await claimOne(queue)).job.payload), await kvText(queue, "lock"));
    },
  },
  {
    id: "queue-effects-009",
    title: "effects are applied with an acknowledgement",
    async run({ queue }) {
      await queue.kv.put("old", text("old"));
      await add(queue, "job", { id: "sleeper", delay: "1h" });
      const claim = await addClaimed(queue);
      const result = await queue.ack(claim, {
        expect: { old: text("old") },
        enqueue: [{ queue: NEXT, payload: text("next"), id: "next", headers: { from: "ack" } }],
        wake: [{ jobId: "sleeper" }],
        put: { new: text("new") },
        delete: ["old"],
      });
      assert.deepEqual(result, { enqueued: [{ id: "next", isNew: true }], woken: ["woken"] });
      assert.equal(await stateOf(queue, claim.job.id), "gone");
      assert.deepEqual({ ...(await jobOf(queue, "next")).headers }, { from: "ack" });
      assert.deepEqual(
        [await kvText(queue, "new"), await kvText(queue, "old")],
        ["new", undefined],
      );
    },
  },
  {
    id: "queue-effects-010",
    title: "effects are applied with a deadLetter, and with a nack that makes the job dead",
    async run({ queue }) {
      await queue.deadLetter(await addClaimed(queue), "reason", { put: { letter: text("1") } });
      const last = await addClaimed(queue, { maxAttempts: 1 });
      await queue.nack(last, "error", {
        onDead: { put: { nack: text("2") }, enqueue: [{ queue: NEXT, payload: text("next") }] },
      });
      assert.deepEqual([await kvText(queue, "letter"), await kvText(queue, "nack")], ["1", "2"]);
      assert.equal((await countsOf(queue, NEXT)).pending, 1);
    },
  },
  {
    id: "queue-effects-011",
    title: "the effects of a nack are dropped when the job is retried",
    async run({ queue }) {
      const claim = await addClaimed(queue);
      const onDead = { put: { key: text("no") }, enqueue: [{ queue: NEXT, payload: text("no") }] };
      assert.equal(await queue.nack(claim, "error", { onDead }), "retried");
      assert.equal(await kvText(queue, "key"), undefined);
      assert.equal((await countsOf(queue, NEXT)).pending, 0);
    },
  },
  {
    id: "queue-effects-012",
    title: "an ack whose effects fail changes nothing, and the claim can be settled again",
    async run({ queue }) {
      await prepare(queue);
      const claim = await addClaimed(queue);
      for (const [code, effects] of failingEffects()) {
        await changesNothing(queue, () => rejectsWith(code, () => queue.ack(claim, effects)));
      }
      await claim.ensureLease("1m");
      await queue.ack(claim, { put: { key: text("at last") } });
      assert.equal(await kvText(queue, "key"), "at last");
      assert.equal((await countsOf(queue)).done, 1);
    },
  },
  {
    id: "queue-effects-013",
    title: "a deadLetter whose effects fail changes nothing, and the claim can be settled again",
    async run({ queue }) {
      await prepare(queue);
      const claim = await addClaimed(queue);
      for (const [code, effects] of failingEffects()) {
        await changesNothing(queue, () =>
          rejectsWith(code, () => queue.deadLetter(claim, "reason", effects)),
        );
      }
      await queue.deadLetter(claim, "reason");
      assert.equal(await stateOf(queue, claim.job.id), "dead");
    },
  },
  {
    id: "queue-effects-014",
    title: "a last nack whose effects fail changes nothing, and the claim can be settled again",
    async run({ queue }) {
      await prepare(queue);
      const claim = await addClaimed(queue, { maxAttempts: 1 });
      for (const [code, onDead] of failingEffects()) {
        await changesNothing(queue, () =>
          rejectsWith(code, () => queue.nack(claim, "error", { onDead })),
        );
      }
      assert.equal(await queue.nack(claim, "error"), "dead");
    },
  },
  {
    id: "queue-effects-015",
    title: "a cancel whose effects fail removes nothing",
    async run({ queue }) {
      await prepare(queue);
      const id = await add(queue);
      for (const [code, effects] of failingEffects()) {
        await changesNothing(queue, () => rejectsWith(code, () => queue.cancel(id, effects)));
      }
      assert.equal(await queue.cancel(id), "removed");
    },
  },
  {
    id: "queue-effects-016",
    title: "a claim whose failed settlement was not repeated comes back when its lease ends",
    async run({ queue, advance }) {
      await prepare(queue);
      const claim = await addClaimed(queue);
      for (const [code, effects] of failingEffects()) {
        await rejectsWith(code, () => queue.ack(claim, effects));
      }
      await advance("31s");
      assert.equal((await claimOne(queue)).job.attempts, 2);
    },
  },
  {
    id: "queue-effects-017",
    title:
      "of acks that expect the same value at the same time one is applied, and the others stay open",
    async run({ queue }) {
      await queue.kv.put("turn", text("0"));
      await addMany(queue, 10);
      const claims = await queue.claim(JOBS, { max: 10 });
      const effects = () => ({ expect: { turn: text("0") }, put: { turn: text("1") } });
      const { values, errors } = await outcomesOf(
        claims.map((claim) => queue.ack(claim, effects())),
      );
      assert.equal(values.length, 1);
      for (const error of errors) assertCode(error, "WF_CONFLICT");
      assert.deepEqual([(await countsOf(queue)).claimed, (await countsOf(queue)).done], [9, 1]);
      const again = await outcomesOf(claims.map((claim) => queue.ack(claim)));
      assert.equal(again.values.length, 9);
      assert.equal((await countsOf(queue)).done, 10);
    },
  },
  {
    id: "queue-effects-018",
    title: "a held dedup key in effects drops that enqueue and applies the rest",
    async run({ queue }) {
      const holder = await add(queue, "holder", { dedupKey: "key" });
      await queue.enqueue("work", text("work"));
      const [claim] = await queue.claim("work");
      const { enqueued } = await queue.ack(claim!, {
        enqueue: [
          { queue: NEXT, payload: text("a"), id: "a" },
          { queue: JOBS, payload: text("b"), dedupKey: "key", kv: { no: text("no") } },
          { queue: NEXT, payload: text("c"), id: "c" },
        ],
      });
      assert.deepEqual(enqueued, [
        { id: "a", isNew: true },
        { id: holder, isNew: false },
        { id: "c", isNew: true },
      ]);
      assert.equal(await kvText(queue, "no"), undefined);
      assert.equal((await countsOf(queue, NEXT)).pending, 2);
    },
  },
  {
    id: "queue-effects-019",
    title: "what the caller does to its effects afterwards changes nothing",
    async run({ queue }) {
      const value = text("value");
      const payload = text("payload");
      const up = text("up");
      await add(queue, "job", { id: "sleeper", delay: "1h" });
      const committed = queue.commit({
        put: { key: value },
        enqueue: [{ queue: NEXT, payload }],
        wake: [{ jobId: "sleeper", payload: up }],
      });
      for (const bytes of [value, payload, up]) bytes.fill(0);
      await committed;
      assert.equal(await kvText(queue, "key"), "value");
      assert.equal(textOf((await jobOf(queue, "sleeper")).wakePayload), "up");
      const [next] = await queue.claim(NEXT);
      assert.equal(textOf(next?.job.payload), "payload");
    },
  },
  {
    id: "queue-effects-020",
    title: "a commit that has to wait for another is applied as it was asked for",
    async run({ queue }) {
      const value = text("second");
      const payload = text("payload");
      const put: Record<string, Uint8Array> = { key: value };
      const first = queue.commit({ put: { key: text("first") } });
      const second = queue.commit({
        expect: { key: text("first") },
        put,
        enqueue: [{ queue: NEXT, payload }],
      });
      value.fill(0);
      payload.fill(0);
      put["more"] = text("changed");
      await Promise.all([first, second]);
      assert.equal(await kvText(queue, "key"), "second");
      assert.equal(await kvText(queue, "more"), undefined);
      const [next] = await queue.claim(NEXT);
      assert.equal(textOf(next?.job.payload), "payload");
    },
  },
];
