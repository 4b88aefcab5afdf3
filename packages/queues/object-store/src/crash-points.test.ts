import type { ObjectStore } from "@wf/core";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { CrashingObjectStore, type CrashMoment } from "../test-support/crashing-object-store.ts";
import { bytes, keysOf, openQueue, PREFIX } from "../test-support/fixtures.ts";
import { turn } from "../test-support/steered-object-store.ts";

const OPTIONS = {
  snapshotAfterBytes: 1,
  offloadAboveBytes: 1_024,
  queues: { jobs: { doneRetention: "1h" } },
} as const;

const LARGE = new Uint8Array(2_000);

/** What the callers of a queue were told before it died. */
class Told {
  readonly enqueued = new Set<number>();
  readonly acknowledged = new Set<number>();
}

/** A life with commits, claims, offloaded payloads, snapshots, collections, retention and a takeover. */
async function live(store: ObjectStore, clock: MockClock, told: Told): Promise<void> {
  for (let opening = 0; opening < 2; opening++) {
    const queue = await openQueue(store, { ...OPTIONS, clock });
    for (let round = 0; round < 4; round++) {
      const number = opening * 4 + round;
      await queue.commit({
        put: { [`enqueued-${number}`]: bytes("") },
        enqueue: [{ queue: "jobs", id: `job-${number}`, payload: round % 2 ? LARGE : bytes("") }],
      });
      told.enqueued.add(number);
      if (round % 2 === 0) continue;
      for (const claim of await queue.claim("jobs", { max: 2 })) {
        const done = Number(claim.job.id.slice("job-".length));
        await queue.ack(claim, { put: { [`done-${done}`]: bytes("") } });
        told.acknowledged.add(done);
      }
      await clock.advance("2h"); // what is done is swept
    }
    if (opening === 0) await turn();
    else await queue.close();
  }
}

/** That all of what callers were told is there, and of the rest all of it or nothing. */
async function check(store: ObjectStore, clock: MockClock, told: Told): Promise<void> {
  const queue = await openQueue(store, { ...OPTIONS, clock });
  for (let number = 0; number < 8; number++) {
    const enqueued = (await queue.kv.get(`enqueued-${number}`)) !== undefined;
    const done = (await queue.kv.get(`done-${number}`)) !== undefined;
    const job = await queue.inspect.getJob(`job-${number}`);
    if (told.enqueued.has(number)) expect(enqueued, `job ${number} is kept`).toBe(true);
    if (told.acknowledged.has(number)) expect(done, `the end of job ${number} is kept`).toBe(true);
    if (!enqueued) expect(job, `job ${number} is whole`).toBeUndefined();
    if (enqueued && !done) expect(job?.state, `job ${number} waits`).toBe("pending");
    if (done && job !== undefined) expect(job.state, `job ${number} is done`).toBe("done");
    if (job !== undefined) expect(job.payload.length).toBe(number % 2 ? LARGE.length : 0);
  }
  // And it works: everything can be done, and then nothing of it is left behind.
  for (const claim of await queue.claim("jobs", { max: 10 })) await queue.ack(claim);
  for (let round = 0; round < 3; round++) {
    await clock.advance("2h");
    await queue.kv.put("after", bytes(`${round}`));
  }
  await clock.advance(0);
  expect(await keysOf(store, `${PREFIX}/payloads/`)).toEqual([]);
  expect((await keysOf(store, `${PREFIX}/snapshots/`)).length).toBeLessThanOrEqual(6);
}

describe("a crash at any write", () => {
  it.each<CrashMoment>(["before", "half", "after"])(
    "of commits, payloads, snapshots, collections and takeovers leaves a queue that opens, whole (%s)",
    async (moment) => {
      let points = 0;
      for (let crashed = true; crashed; points++) {
        const inner = new MemoryObjectStore();
        const clock = new MockClock();
        const store = new CrashingObjectStore(inner, points, moment);
        const told = new Told();
        const life = live(store, clock, told);
        let ended = false;
        life.then(() => {
          ended = true;
        });
        while (!ended && !store.crashed) await turn();
        for (let count = 0; count < 20; count++) await turn(); // what was answered is heard
        crashed = store.crashed;
        await check(inner, new MockClock(clock.now()), told);
      }
      expect(points).toBeGreaterThan(40);
    },
  );
});
