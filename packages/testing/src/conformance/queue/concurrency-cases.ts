import assert from "node:assert/strict";
import { type Claim, type Queue, WfError } from "@wf/core";
import { seededRandom } from "../../seeded-random.ts";
import { assertCode, text } from "../assertions.ts";
import {
  add,
  addClaimed,
  countsOf,
  JOBS,
  kvNumber,
  type QueueCase,
  type QueueWorld,
  range,
  soon,
  stateOf,
  textOf,
} from "./queue-case.ts";

const ACCOUNTS = ["a", "b", "c", "d"];
const TRANSFERS = 100;

/** Moves 1 from one account to another, however often others get in between. */
async function transfer(queue: Queue, from: string, to: string): Promise<void> {
  for (;;) {
    const source = await queue.kv.get(from);
    const target = await queue.kv.get(to);
    const less = text(`${Number(textOf(source)) - 1}`);
    const more = text(`${Number(textOf(target)) + 1}`);
    try {
      await queue.commit({
        expect: { [from]: source, [to]: target },
        put: { [from]: less, [to]: more },
        enqueue: [{ queue: "receipts", payload: text(`${from} to ${to}`) }],
      });
      return;
    } catch (error) {
      if (!WfError.is(error, "WF_CONFLICT")) throw error;
    }
  }
}

/** Does things to jobs at random, many at a time, and counts what came of them. */
async function churn({ queue, advance }: QueueWorld, seed: number): Promise<Map<string, number>> {
  const random = seededRandom(seed);
  const pick = (limit: number) => Math.floor(random() * limit);
  const tally = new Map<string, number>();
  const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  const ids: string[] = [];
  const claims: Claim[] = [];
  const lost = (error: unknown) => assertCode(error, "WF_CLAIM_LOST");
  const actions = [
    async () => {
      const delay = pick(3) * 1_000;
      const dedupKey = pick(2) === 0 ? undefined : `key-${pick(5)}`;
      const { id, isNew } = await queue.enqueue(JOBS, text("job"), { delay, dedupKey });
      if (isNew) count("made");
      ids.push(id);
    },
    async () => claims.push(...(await queue.claim(JOBS, { max: 2, lease: "3s" }))),
    async () => {
      const claim = claims.splice(pick(claims.length), 1)[0];
      if (claim) await queue.ack(claim).then(() => count("done"), lost);
    },
    async () => {
      const claim = claims.splice(pick(claims.length), 1)[0];
      if (claim) await queue.nack(claim, "failed", { retryAfter: pick(2) }).catch(lost);
    },
    async () => {
      const id = ids[pick(ids.length)];
      if (id !== undefined && (await queue.cancel(id)) === "removed") count("removed");
    },
    async () => {
      const id = ids[pick(ids.length)];
      if (id !== undefined) await queue.wake(id, text("up"));
    },
  ];
  for (let round = 0; round < 20; round++) {
    await Promise.all(range(10).map(() => actions[pick(actions.length)]?.()));
    await advance(pick(4) * 500);
  }
  return tally;
}

export const CONCURRENCY_CASES: readonly QueueCase[] = [
  {
    id: "queue-concurrency-001",
    title: "a job can be cancelled or woken while its enqueue is under way",
    async run({ queue }) {
      const options = { id: "id", delay: "1h" } as const;
      const [, woken] = await Promise.all([add(queue, "job", options), queue.wake("id")]);
      assert.ok(woken === "woken" || woken === "not_found", woken);
      assert.equal(await stateOf(queue, "id"), woken === "woken" ? "pending" : "scheduled");
      const [, removed] = await Promise.all([
        add(queue, "job", { ...options, id: "other" }),
        queue.cancel("other"),
      ]);
      assert.ok(removed === "removed" || removed === "not_found", removed);
      assert.equal(await stateOf(queue, "other"), removed === "removed" ? "gone" : "scheduled");
    },
  },
  {
    id: "queue-concurrency-002",
    title: "an id that is freed while it is asked for is given once, or refused",
    async run({ queue }) {
      for (let round = 0; round < 5; round++) {
        const claim = await addClaimed(queue, { id: "same" });
        const [, again] = await Promise.allSettled([
          queue.ack(claim),
          add(queue, "again", { id: "same" }),
        ]);
        if (again.status === "rejected") assertCode(again.reason, "WF_DUPLICATE_JOB_ID");
        const state = again.status === "fulfilled" ? "pending" : "gone";
        assert.equal(await stateOf(queue, "same"), state);
        await queue.cancel("same");
      }
    },
  },
  {
    id: "queue-concurrency-003",
    title: "transfers between keys at the same time keep their sum",
    async run({ queue }) {
      for (const account of ACCOUNTS) await queue.kv.put(account, text("100"));
      await Promise.all(
        range(TRANSFERS).map((index) => {
          const from = ACCOUNTS[index % 4] as string;
          const to = ACCOUNTS[(index + 1 + (index % 3)) % 4] as string;
          return transfer(queue, from, to);
        }),
      );
      const balances = await Promise.all(ACCOUNTS.map((account) => kvNumber(queue, account)));
      assert.equal(
        balances.reduce((sum, balance) => sum + balance),
        400,
      );
      assert.equal((await countsOf(queue, "receipts")).pending, TRANSFERS);
    },
  },
  {
    id: "queue-concurrency-004",
    title: "whatever is done to jobs at the same time, none is lost and none is counted twice",
    queues: { [JOBS]: { maxAttempts: 3 } },
    async run(world) {
      for (const seed of range(5)) {
        const before = await countsOf(world.queue);
        const tally = await churn(world, seed);
        const { pending, scheduled, claimed, done, dead } = await countsOf(world.queue);
        const live = pending + scheduled + claimed;
        const liveBefore = before.pending + before.scheduled + before.claimed;
        assert.equal(done - before.done, tally.get("done") ?? 0, `seed ${seed}`);
        assert.equal(
          live - liveBefore + (done - before.done) + (dead - before.dead),
          (tally.get("made") ?? 0) - (tally.get("removed") ?? 0),
          `seed ${seed}`,
        );
      }
    },
  },
  {
    id: "queue-concurrency-005",
    title: "a chain of jobs, each enqueued by the acknowledgement before it, breaks nowhere",
    async run(world) {
      const { queue } = world;
      const chains = range(10).map(async (chain) => {
        await queue.enqueue(`chain-${chain}`, text("0"));
        for (let step = 0; step < 10; step++) {
          const [claim] = await queue.claim(`chain-${chain}`, { wait: "1m" });
          assert.equal(textOf(claim?.job.payload), `${step}`);
          await queue.ack(claim as Claim, {
            enqueue: [{ queue: `chain-${chain}`, payload: text(`${step + 1}`) }],
            put: { [`chain-${chain}`]: text(`${step + 1}`) },
          });
        }
      });
      await soon(world, Promise.all(chains));
      for (const chain of range(10)) {
        assert.equal(await kvNumber(queue, `chain-${chain}`), 10);
        assert.equal((await countsOf(queue, `chain-${chain}`)).pending, 1);
      }
    },
  },
];
