import { describe, expect, it } from "vitest";
import { JOB, open } from "../../test/worker-world.ts";
import type { Claim } from "../queue/queue.ts";

describe("Leases of jobs in hand", () => {
  it("are renewed while the handler runs, with few timers for many jobs", async () => {
    const { queue, start, stats, clock } = await open();
    const attempts: number[] = [];
    await start(
      async ({ job }) => {
        attempts.push(job.attempts);
        await clock.sleep("1h");
      },
      { concurrency: 100 },
    );
    await queue.enqueueMany(Array.from({ length: 100 }, () => ({ queue: "jobs", payload: JOB })));
    await clock.advance(0);
    // The handlers' own, the loop's one, the queue's alarm.
    expect(clock.pendingSleepers).toBeLessThanOrEqual(102);
    await clock.advance("2h");
    expect(attempts).toEqual(Array(100).fill(1));
    expect(await stats()).toMatchObject({ done: 100 });
  });

  it("are as long as was asked for", async () => {
    const { queue, start, clock } = await open();
    const claims: Claim[] = [];
    await start(
      async (claim) => {
        claims.push(claim);
        await clock.sleep("1h");
      },
      { lease: "9s" },
    );
    await queue.enqueue("jobs", JOB);
    await clock.advance(0);
    const claimedAt = clock.now();
    expect(claims[0]?.leaseExpiresAt).toBe(claimedAt + 9_000);
    await clock.advance(3_000);
    expect(claims[0]?.leaseExpiresAt).toBe(claimedAt + 3_000 + 9_000 + 5_000);
  });

  it("are given up after maxRunTime: the handler is told, and the job comes back", async () => {
    const { queue, start, stats, logged, clock } = await open({ lease: "6s" });
    const reasons: unknown[] = [];
    await start(
      async ({ job, abortSignal }) => {
        if (job.attempts > 1) return;
        await clock.sleep("1h", abortSignal).catch((reason) => reasons.push(reason));
      },
      { maxRunTime: "1m" },
    );
    await queue.enqueue("jobs", JOB);
    await clock.advance("59s");
    expect(reasons).toEqual([]);
    await clock.advance("20s");
    expect(reasons).toMatchObject([{ code: "WF_CLAIM_LOST" }]);
    expect(await stats()).toMatchObject({ done: 1, claimed: 0 });
    expect(logged).toEqual([expect.stringMatching(/could not be settled/)]);
  });

  it("are kept through a renewal that fails for the moment", async () => {
    const { queue, start, stats, logged, clock } = await open();
    const attempts: number[] = [];
    await start(async (claim) => {
      attempts.push(claim.job.attempts);
      const ensureLease = claim.ensureLease.bind(claim);
      let failures = 1;
      claim.ensureLease = async (remaining) => {
        if (failures-- > 0) throw new Error("database busy");
        await ensureLease(remaining);
      };
      await clock.sleep("1h");
    });
    await queue.enqueue("jobs", JOB);
    await clock.advance("2h");
    expect(attempts).toEqual([1]);
    expect(await stats()).toMatchObject({ done: 1 });
    expect(logged).toEqual([expect.stringMatching(/could not extend.*database busy/s)]);
  });

  it("cost no timer while there are no jobs", async () => {
    const { queue, start, clock } = await open();
    await start(() => {});
    const idle = clock.pendingSleepers;
    await queue.enqueue("jobs", JOB);
    await clock.advance("1m");
    expect(clock.pendingSleepers).toBe(idle);
  });
});
