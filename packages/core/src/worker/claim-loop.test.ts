import { describe, expect, it } from "vitest";
import { JOB, open } from "../../test/worker-world.ts";
import type { Claim } from "../queue/queue.ts";

describe("The worker's loop", () => {
  it("keeps as many jobs in hand as it may, and never more", async () => {
    const { queue, start, stats, clock } = await open();
    let inHand = 0;
    let most = 0;
    await start(
      async ({ job }) => {
        most = Math.max(most, ++inHand);
        await clock.sleep(1_000 * (job.payload[0] as number));
        inHand--;
      },
      { concurrency: 4 },
    );
    await queue.enqueueMany(
      Array.from({ length: 20 }, (_, i) => ({
        queue: "jobs",
        payload: new Uint8Array([1 + (i % 3)]),
      })),
    );
    await clock.advance(0);
    expect(inHand).toBe(4);
    await clock.advance("1m");
    expect(most).toBe(4);
    expect(await stats()).toMatchObject({ done: 20 });
  });

  it("takes all that its free capacity allows in one claim", async () => {
    const { queue, start, clock } = await open();
    await queue.enqueueMany(Array.from({ length: 100 }, () => ({ queue: "jobs", payload: JOB })));
    const sizes: number[] = [];
    const claim = queue.claim.bind(queue);
    queue.claim = async (...args) => {
      const claims = await claim(...args);
      sizes.push(claims.length);
      return claims;
    };
    await start(() => {}, { concurrency: 64 });
    await clock.advance(0);
    expect(sizes[0]).toBe(64);
    expect(sizes.length).toBeLessThan(20);
  });

  it("stops claiming when told so, and finishes what it has without a limit", async () => {
    const { queue, start, stop, stats, clock } = await open();
    const { running } = await start(() => clock.sleep("3d"), { concurrency: 2 });
    await queue.enqueueMany(Array.from({ length: 3 }, () => ({ queue: "jobs", payload: JOB })));
    await clock.advance(0);
    stop.abort();
    let ended = false;
    void running.then(() => {
      ended = true;
    });
    await clock.advance("2d");
    expect(ended).toBe(false);
    expect(await stats()).toMatchObject({ claimed: 2, pending: 1 });
    await clock.advance("1d");
    await running;
    expect(await stats()).toMatchObject({ claimed: 0, pending: 1, done: 2 });
    await queue.close();
    expect(clock.pendingSleepers).toBe(0);
  });

  it("ends normally when its queue answers the abort with a rejection", async () => {
    const { queue, start, stop } = await open();
    queue.claim = (_name, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
      });
    const { running } = await start(() => {});
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it("passes a failure to claim on, once what it has is finished", async () => {
    const { queue, start, stats, clock } = await open();
    const claim = queue.claim.bind(queue);
    let broken = false;
    queue.claim = async (name, options) => {
      if (broken) throw new Error("database down");
      broken = true;
      return await claim(name, options);
    };
    await queue.enqueue("jobs", JOB);
    const { running } = await start(() => clock.sleep("1h"));
    await clock.advance("30m");
    expect(await stats()).toMatchObject({ claimed: 1 });
    await clock.advance("30m");
    await expect(running).rejects.toThrowError("database down");
    expect(await stats()).toMatchObject({ done: 1 });
  });

  it("logs a settlement that fails and goes on", async () => {
    const { queue, start, stats, logged, clock } = await open();
    await start(async (claim: Claim) => {
      // The handler settles its own claim, which is the worker's to settle.
      if (claim.job.payload.length > 0) await queue.ack(claim);
    });
    await queue.enqueue("jobs", JOB);
    await queue.enqueue("jobs", new Uint8Array());
    await clock.advance(0);
    expect(logged).toEqual([expect.stringMatching(/could not be settled.*settled already/s)]);
    expect(await stats()).toMatchObject({ done: 2 });
  });
});
