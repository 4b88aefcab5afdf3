import { WfError } from "@wf/core";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, openQueue } from "../test-support/fixtures.ts";
import { ReorderingObjectStore } from "../test-support/reordering-object-store.ts";
import type { ObjectStoreQueue } from "./object-store-queue.ts";

/** `WF_FIRST_SEED` and `WF_SEEDS` run others, and more. */
const SEEDS = Number(process.env["WF_SEEDS"] ?? 30);
const FIRST_SEED = Number(process.env["WF_FIRST_SEED"] ?? 1);

const QUEUES = ["a", "b"];
const KEYS = ["k1", "k2", "k3"];

/** All that a queue shows, in one value. */
async function portrait(queue: ObjectStoreQueue) {
  const jobs: unknown[] = [];
  for (const name of QUEUES) {
    for (const state of ["pending", "scheduled", "claimed", "done", "dead"] as const) {
      const { items } = await queue.inspect.listJobs(name, state, { limit: 1_000 });
      for (const job of items) jobs.push({ ...job, history: await queue.inspect.attempts(job.id) });
    }
    jobs.push({ ...(await queue.inspect.stats(name)), oldestPendingAgeMs: 0 });
  }
  return { jobs, kv: (await queue.kv.scan("")).items };
}

/** One random thing that a caller may do. Refusals by a rule of the contract are part of the game. */
async function act(queue: ObjectStoreQueue, clock: MockClock, random: () => number): Promise<void> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const name = pick(QUEUES);
  const { items } = await queue.inspect.listJobs(name, pick(["pending", "scheduled", "dead"]));
  const known = items.length > 0 ? pick(items).id : "unknown";
  const effects = {
    put: { [pick(KEYS)]: bytes(String(random())) },
    enqueue: [{ queue: pick(QUEUES), payload: bytes("follow-up"), dedupKey: pick(["x", "y"]) }],
  };
  const settle = async () => {
    for (const claim of await queue.claim(name, { max: 3, lease: "20s" })) {
      const choice = random();
      if (choice < 0.3) await queue.ack(claim, effects);
      else if (choice < 0.6) await queue.nack(claim, "failed", { onDead: effects });
      else if (choice < 0.7) await queue.deadLetter(claim, "useless");
      else if (choice < 0.8) await queue.cancel(claim.job.id);
    }
  };
  const actions = [
    () => queue.enqueue(name, bytes("job"), { priority: pick([1, 2]), onDead: effects }),
    () =>
      queue.enqueue(name, bytes("later"), { delay: pick([1, 50_000]), dedupKey: pick(["x", "y"]) }),
    () => queue.commit({ ...effects, expect: { [pick(KEYS)]: undefined }, delete: [] }),
    () => queue.kv.delete(pick(KEYS)),
    () => queue.cancel(known, effects),
    () => queue.wake(known, bytes("up")),
    () => queue.requeueDead(known),
    () => clock.advance(pick([1, 1_000, 30_000])),
    settle,
    settle,
    settle,
  ];
  await pick(actions)();
}

describe("recovery", () => {
  describe.each([
    { from: "the log alone", settings: {} },
    { from: "a snapshot and the log", settings: { snapshotAfterBytes: 1 } },
    { from: "a snapshot now and then", settings: { snapshotAfterBytes: 200_000 } },
    {
      from: "a store that reorders",
      settings: { snapshotAfterBytes: 50_000, segmentMaxBytes: 4_096 },
      reorders: true,
    },
  ])("from $from", ({ settings, reorders }) => {
    it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
      "gives back the state that the owner had, after random histories (seed %i)",
      async (seed) => {
        const random = seededRandom(seed);
        const inner = new MemoryObjectStore();
        const store = reorders ? new ReorderingObjectStore(inner, random) : inner;
        const clock = new MockClock();
        const options = { clock, queues: { a: { doneRetention: "30d" } }, ...settings } as const;
        let queue = await openQueue(store, options);
        for (let step = 0; step < 150; step++) {
          // Several at once, so that they meet in flight.
          const acts = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
            act(queue, clock, random).catch((error) => {
              if (!WfError.is(error)) throw error;
            }),
          );
          await Promise.all(acts);
          if (random() > 0.03) continue;
          // What is claimed is given back at open, so compare once nothing is.
          await clock.advance("1m");
          await queue.kv.put("flush", bytes("all before this is durable"));
          const before = await portrait(queue);
          queue = await openQueue(store, options);
          expect(await portrait(queue)).toEqual(before);
        }
      },
    );
  });
});
