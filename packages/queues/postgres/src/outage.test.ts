import { type Queue, runWorker, WfError } from "@wf/core";
import { MockClock, seededRandom } from "@wf/testing";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { type CutMoment, CuttingProxy } from "../test-support/cutting-proxy.ts";
import { bytes, claimOne, eventually, range, TestSchema } from "../test-support/fixtures.ts";
import { ownServer } from "../test-support/own-server.ts";
import { sharedServer } from "../test-support/shared-server.ts";
import { PostgresQueue } from "./index.ts";

const server = await sharedServer();
const JOB = bytes("job");
const YEAR_MS = 31_536_000_000;
const MOMENTS: readonly CutMoment[] = ["before", "on", "after"];

/**
 * Producers and workers that go on until told to stop. Every job has an id and a mark of its own, and every
 * acknowledgement expects that there is no mark, so that what is lost or done twice shows.
 */
async function load(queue: Queue, producers: number, until: AbortSignal) {
  const acknowledged: string[] = [];
  const stop = new AbortController();
  const working = runWorker(
    queue,
    "jobs",
    ({ job }) => ({ expect: { [`done/${job.id}`]: undefined }, put: { [`done/${job.id}`]: JOB } }),
    { concurrency: 20, signal: stop.signal, lease: "2s" },
  );
  const producing = range(producers).map(async (producer) => {
    for (let count = 0; !until.aborted; count++) {
      const id = `job-${producer}-${count}`;
      const { isNew } = await queue.enqueue("jobs", JOB, { id, maxAttempts: 1_000 });
      expect(isNew).toBe(true);
      acknowledged.push(id);
    }
  });
  const finish = async () => {
    await Promise.all(producing);
    await eventually(async () => {
      const { pending, scheduled, claimed } = await queue.inspect.stats("jobs");
      return pending + scheduled + claimed === 0;
    });
    stop.abort();
    await working;
    const { done, dead } = await queue.inspect.stats("jobs");
    return { done, dead };
  };
  return { acknowledged, finish };
}

async function markCount(schema: TestSchema): Promise<number> {
  return Number((await schema.query("SELECT count(*) FROM {s}.kv")).rows[0].count);
}

describe.skipIf(server === undefined)("While the database is out of reach", () => {
  it("calls wait, and go on when it is back; who waits for jobs is served by others again", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const options = { connectionString: proxy.url(), pollInterval: "1d" } as const;
    const [queue, other] = [await schema.open(options), await schema.open()];
    const waiting = claimOne(queue);
    proxy.down();
    const enqueued = queue.enqueue("jobs", JOB, { delay: "1h" });
    const put = queue.kv.put("key", JOB);
    const read = queue.inspect.stats("jobs");
    proxy.up();
    const { id } = await enqueued;
    await put;
    await read;
    await other.wake(id);
    expect((await waiting).job.id).toBe(id);
    const { job } = await (async () => {
      const again = claimOne(queue);
      await other.enqueue("jobs", JOB);
      return await again;
    })();
    expect(job.attempts).toBe(1);
    await queue.close();
    await proxy.stop();
  });

  it("calls fail as safe to repeat once they have tried for so long, and nothing was done", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const clock = new MockClock();
    const pool = new pg.Pool({ connectionString: proxy.url(), pipeline: true });
    pool.on("error", () => {});
    const queue = await schema.open({ pool, clock, retryFor: "10s" });
    await queue.enqueue("jobs", JOB, { id: "id" });
    // For longer than it can take until all have given up, by a clock that runs ahead of them.
    const claim = await claimOne(queue, "jobs", YEAR_MS);
    proxy.down();
    // Until then a commit may be sent that is lost, and nobody can say whether it was done.
    await eventually(async () => pool.totalCount === 0);
    const calls = [
      queue.enqueue("jobs", JOB),
      queue.ack(claim),
      queue.kv.put("key", JOB),
      queue.kv.get("key"),
      queue.inspect.getJob("id"),
      queue.claim("jobs"),
    ];
    const outcomes = Promise.allSettled(calls);
    let isOver = false;
    void outcomes.then(() => {
      isOver = true;
    });
    while (!isOver) await clock.advance(500);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "WF_STORE_UNAVAILABLE", retry: "safe" },
      });
    }
    proxy.up();
    const straight = await schema.open({ clock });
    expect(await straight.inspect.stats("jobs")).toMatchObject({ pending: 0, claimed: 1, done: 0 });
    const closing = queue.close();
    let isClosed = false;
    void closing.then(() => {
      isClosed = true;
    });
    while (!isClosed) await clock.advance(100);
    await pool.end();
    await proxy.stop();
  });

  it("a call may be taken back by its signal, and is not done then", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const queue = await schema.open({ connectionString: proxy.url(), maxWritesInFlight: 1 });
    await queue.kv.put("key", bytes("0"));
    proxy.down();
    const under = queue.kv.put("key", bytes("1"));
    const stop = new AbortController();
    // It waits behind the other, so that it is not under way.
    const waiting = queue.commit({ put: { key: bytes("2") } }, { signal: stop.signal });
    const reason = new Error("stopped");
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    proxy.up();
    await under;
    expect(await queue.kv.get("key")).toEqual(bytes("1"));
    await queue.close();
    await proxy.stop();
  });

  it("a handler is told when its lease ends, because others may have its job", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const options = { connectionString: proxy.url(), pollInterval: 100 } as const;
    const queue = await schema.open(options);
    await queue.enqueue("jobs", JOB);
    const claim = await claimOne(queue, "jobs", 300);
    const told = new Promise((resolve) => claim.abortSignal.addEventListener("abort", resolve));
    proxy.down();
    await told;
    expect(WfError.is(claim.abortSignal.reason, "WF_CLAIM_LOST")).toBe(true);
    proxy.up();
    await queue.close();
    await proxy.stop();
  });
});

describe.skipIf(server === undefined)("Under load", () => {
  it("nothing acknowledged is lost and nothing is done twice, wherever connections are cut", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const random = seededRandom(11);
    const queue = await schema.open({ connectionString: proxy.url(), pollInterval: 200 });
    const until = new AbortController();
    const { acknowledged, finish } = await load(queue, 8, until.signal);
    for (let cuts = 0; cuts < 60; cuts++) {
      let passing = Math.floor(random() * 60);
      const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] as CutMoment;
      const isCommit = random() < 0.5;
      await proxy.cutAt(
        moment === "after" && !isCommit ? "on" : moment,
        ({ text, transaction }) => {
          if (isCommit && (text !== "COMMIT" || transaction.length === 0)) return false;
          return passing-- <= 0;
        },
      );
    }
    until.abort();
    const { done, dead } = await finish();
    expect(proxy.cuts).toBe(60);
    expect([done, dead, await markCount(schema)]).toEqual([acknowledged.length, 0, done]);
    await queue.close();
    await proxy.stop();
  });

  it("the same holds where the server is restarted, by order and by a crash", async () => {
    await using own = (await ownServer())!;
    const queue = await PostgresQueue.open({
      connectionString: own.url(),
      schema: "restarted",
      retryFor: "5m",
      pollInterval: 200,
    });
    const until = new AbortController();
    const { acknowledged, finish } = await load(queue, 8, until.signal);
    for (const mode of ["fast", "immediate", "fast", "immediate"] as const) {
      const before = acknowledged.length;
      await eventually(async () => acknowledged.length > before + 100);
      await own.stop(mode);
      await own.start();
    }
    until.abort();
    const { done, dead } = await finish();
    const { rows } = await own.query("SELECT count(*)::int AS marks FROM restarted.kv");
    expect([done, dead, rows[0].marks]).toEqual([acknowledged.length, 0, done]);
    await queue.close();
  });
});
