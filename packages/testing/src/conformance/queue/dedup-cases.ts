import assert from "node:assert/strict";
import { text } from "../assertions.ts";
import {
  add,
  addClaimed,
  addDead,
  changesNothing,
  claimOne,
  countsOf,
  JOBS,
  jobOf,
  kvText,
  type QueueCase,
  range,
} from "./queue-case.ts";

const KEYED = { dedupKey: "key" };

export const DEDUP_CASES: readonly QueueCase[] = [
  {
    id: "queue-dedup-001",
    title: "while a pending job holds the key, an enqueue adds nothing and answers with its id",
    async run({ queue }) {
      const id = await add(queue, "first", KEYED);
      assert.equal((await jobOf(queue, id)).dedupKey, "key");
      await changesNothing(queue, async () =>
        assert.deepEqual(await queue.enqueue(JOBS, text("second"), KEYED), { id, isNew: false }),
      );
    },
  },
  {
    id: "queue-dedup-002",
    title: "a scheduled job holds its key, also when it has become pending by time or by wake",
    async run({ queue, advance }) {
      const due = await add(queue, "due", { ...KEYED, delay: "1s" });
      const woken = await add(queue, "woken", { dedupKey: "other", delay: "1h" });
      assert.equal(await add(queue, "again", KEYED), due);
      await advance("1s");
      await queue.wake(woken);
      assert.equal(await add(queue, "again", KEYED), due);
      assert.equal(await add(queue, "again", { dedupKey: "other" }), woken);
      assert.equal((await countsOf(queue)).pending, 2);
    },
  },
  {
    id: "queue-dedup-003",
    title: "the key is free from the claim on",
    async run({ queue }) {
      const claim = await addClaimed(queue, KEYED);
      assert.equal((await jobOf(queue, claim.job.id)).dedupKey, undefined);
      const second = await queue.enqueue(JOBS, text("second"), KEYED);
      assert.equal(second.isNew, true);
      assert.notEqual(second.id, claim.job.id);
    },
  },
  {
    id: "queue-dedup-004",
    title: "the key is free when its job was cancelled",
    async run({ queue }) {
      for (const delay of [0, "1h"] as const) {
        await queue.cancel(await add(queue, "first", { ...KEYED, delay }));
        const second = await queue.enqueue(JOBS, text("second"), KEYED);
        assert.equal(second.isNew, true);
        await queue.cancel(second.id);
      }
    },
  },
  {
    id: "queue-dedup-005",
    title: "keys of different queues have nothing to do with each other",
    async run({ queue }) {
      const names = ["a", "ab", "", "b"];
      for (const name of names) {
        assert.equal((await queue.enqueue(name, text(name), KEYED)).isNew, true);
      }
      const split = { dedupKey: "bkey" };
      assert.equal((await queue.enqueue("a", text("a"), split)).isNew, true);
    },
  },
  {
    id: "queue-dedup-006",
    title: "the key is looked at before the id",
    async run({ queue }) {
      const id = await add(queue, "first", { ...KEYED, id: "first" });
      const again = await queue.enqueue(JOBS, text("again"), { ...KEYED, id: "first" });
      assert.deepEqual(again, { id, isNew: false });
      const other = await queue.enqueue(JOBS, text("other"), { ...KEYED, id: "other" });
      assert.deepEqual(other, { id, isNew: false });
    },
  },
  {
    id: "queue-dedup-007",
    title: "a job that is retried neither takes its key again nor frees that of another",
    queues: { [JOBS]: { backoff: { base: 0 } } },
    async run({ queue }) {
      const first = await addClaimed(queue, KEYED);
      const second = await add(queue, "second", KEYED);
      await queue.nack(first, "failed");
      assert.equal(await add(queue, "third", KEYED), second);
      const again = await claimOne(queue);
      assert.equal(again.job.id, first.job.id);
      await queue.ack(again);
      assert.equal(await add(queue, "third", KEYED), second);
      await queue.cancel(second);
      assert.notEqual(await add(queue, "third", KEYED), second);
    },
  },
  {
    id: "queue-dedup-008",
    title: "a job that comes back after its lease does not hold its key",
    async run({ queue, advance }) {
      await addClaimed(queue, KEYED);
      await advance("31s");
      assert.equal((await queue.enqueue(JOBS, text("second"), KEYED)).isNew, true);
    },
  },
  {
    id: "queue-dedup-009",
    title: "neither a dead job nor one given a new life holds its key",
    async run({ queue }) {
      const dead = await addDead(queue, KEYED);
      const second = await queue.enqueue(JOBS, text("second"), KEYED);
      assert.equal(second.isNew, true);
      await queue.requeueDead(dead);
      assert.equal(await add(queue, "third", KEYED), second.id);
    },
  },
  {
    id: "queue-dedup-010",
    title: "kv entries are dropped where the key is held",
    async run({ queue }) {
      await add(queue, "first", { ...KEYED, kv: { a: text("first") } });
      await add(queue, "second", { ...KEYED, kv: { a: text("second"), b: text("second") } });
      assert.equal(await kvText(queue, "a"), "first");
      assert.equal(await kvText(queue, "b"), undefined);
    },
  },
  {
    id: "queue-dedup-011",
    title: "one key twice in a commit makes one job, and the rest of the commit is applied",
    async run({ queue }) {
      const request = (name: string, dedupKey?: string) => ({
        queue: JOBS,
        payload: text(name),
        dedupKey,
        kv: { [name]: text(name) },
      });
      const { enqueued } = await queue.commit({
        enqueue: [request("a", "key"), request("b", "key"), request("c")],
        put: { put: text("put") },
      });
      assert.deepEqual(
        enqueued.map(({ isNew }) => isNew),
        [true, false, true],
      );
      assert.equal(enqueued[1]?.id, enqueued[0]?.id);
      assert.equal((await countsOf(queue)).pending, 2);
      assert.deepEqual(await Promise.all(["a", "b", "c", "put"].map((key) => kvText(queue, key))), [
        "a",
        undefined,
        "c",
        "put",
      ]);
    },
  },
  {
    id: "queue-dedup-012",
    title: "enqueues with one key at the same time make one job, which all are told of",
    async run({ queue }) {
      const results = await Promise.all(
        range(30).map((index) => queue.enqueue(JOBS, text(`${index}`), KEYED)),
      );
      assert.equal(results.filter(({ isNew }) => isNew).length, 1);
      assert.equal(new Set(results.map(({ id }) => id)).size, 1);
      assert.equal((await countsOf(queue)).pending, 1);
    },
  },
  {
    id: "queue-dedup-013",
    title: "enqueues and claims at the same time lose no job and make none twice",
    async run({ queue }) {
      const delivered: string[] = [];
      const made: string[] = [];
      await Promise.all(
        range(60).map(async (index) => {
          if (index % 2 === 0) {
            const { id, isNew } = await queue.enqueue(JOBS, text("job"), KEYED);
            if (isNew) made.push(id);
          } else {
            for (const claim of await queue.claim(JOBS)) {
              delivered.push(claim.job.id);
              await queue.ack(claim);
            }
          }
        }),
      );
      for (const claim of await queue.claim(JOBS, { max: 100 })) delivered.push(claim.job.id);
      assert.deepEqual(delivered.toSorted(), made.toSorted());
    },
  },
  {
    id: "queue-dedup-014",
    title: "keys may be any text of up to 512 bytes",
    async run({ queue }) {
      const keys = ["a", "A", "\0", "__proto__", "run:1:2", "ü€😀", "k".repeat(512)];
      const ids = await Promise.all(keys.map((dedupKey) => add(queue, "job", { dedupKey })));
      assert.equal(new Set(ids).size, keys.length);
      for (const [index, dedupKey] of keys.entries()) {
        assert.equal(await add(queue, "job", { dedupKey }), ids[index]);
      }
    },
  },
];
