import type { Claim } from "@wf/core";
import { MockClock } from "@wf/testing";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { type CutMoment, CuttingProxy } from "../test-support/cutting-proxy.ts";
import { bytes, claimOne, TestSchema, text } from "../test-support/fixtures.ts";
import { sharedServer } from "../test-support/shared-server.ts";
import { claimStatements } from "./claims/claim-statements.ts";
import { writeStatements } from "./commit/write-statements.ts";
import type { PostgresQueue } from "./index.ts";

const server = await sharedServer();

interface Row {
  readonly what: string;
  /** Through a queue whose connection is not cut. */
  readonly prepare?: (queue: PostgresQueue) => Promise<unknown>;
  /** What needs the queue's own claims. */
  readonly claim?: true;
  readonly act: (queue: PostgresQueue, claim: Claim) => Promise<unknown>;
  readonly answer: unknown;
  /** What there is afterwards, whenever the connection was cut. */
  readonly after: (queue: PostgresQueue) => Promise<unknown>;
  readonly is: unknown;
}

const JOB = bytes("job");
const followUp = { enqueue: [{ queue: "next", payload: JOB, id: "next" }], put: { key: JOB } };
const add = (queue: PostgresQueue) => queue.enqueue("jobs", JOB, { id: "id" });
const addLater = (queue: PostgresQueue) => queue.enqueue("jobs", JOB, { id: "id", delay: "1h" });
const state = async (queue: PostgresQueue) => (await queue.inspect.getJob("id"))?.state ?? "gone";
const counts = async (queue: PostgresQueue) => {
  const { pending, done, dead } = await queue.inspect.stats("jobs");
  return { pending, done, dead, next: (await queue.inspect.stats("next")).pending };
};

/** What runs in the transactions that change something, and in no others. */
function marks({ name }: TestSchema): (string | undefined)[] {
  return [writeStatements(`"${name}"`).mark.name, claimStatements(`"${name}"`).claim.name];
}

const ROWS: readonly Row[] = [
  {
    what: "an enqueue",
    act: async (queue) => (await queue.enqueue("jobs", JOB)).isNew,
    answer: true,
    after: counts,
    is: { pending: 1, done: 0, dead: 0, next: 0 },
  },
  {
    what: "an enqueue under a dedup key",
    act: async (queue) => (await queue.enqueue("jobs", JOB, { dedupKey: "key" })).isNew,
    answer: true,
    after: counts,
    is: { pending: 1, done: 0, dead: 0, next: 0 },
  },
  {
    what: "an enqueue under an id",
    act: add,
    answer: { id: "id", isNew: true },
    after: counts,
    is: { pending: 1, done: 0, dead: 0, next: 0 },
  },
  {
    what: "an acknowledgement",
    prepare: add,
    claim: true,
    act: (queue, claim) => queue.ack(claim),
    answer: { enqueued: [], woken: [] },
    after: counts,
    is: { pending: 0, done: 1, dead: 0, next: 0 },
  },
  {
    what: "an acknowledgement with effects",
    prepare: add,
    claim: true,
    act: (queue, claim) => queue.ack(claim, { ...followUp, expect: { key: undefined } }),
    answer: { enqueued: [{ id: "next", isNew: true }], woken: [] },
    after: counts,
    is: { pending: 0, done: 1, dead: 0, next: 1 },
  },
  {
    what: "a nack",
    prepare: add,
    claim: true,
    act: (queue, claim) => queue.nack(claim, "failed", { retryAfter: "1h" }),
    answer: "retried",
    after: async (queue) => (await queue.inspect.attempts("id")).map(({ outcome }) => outcome),
    is: ["retried"],
  },
  {
    what: "a dead letter",
    prepare: add,
    claim: true,
    act: (queue, claim) => queue.deadLetter(claim, "reason", followUp),
    answer: undefined,
    after: counts,
    is: { pending: 0, done: 0, dead: 1, next: 1 },
  },
  {
    what: "a cancel",
    prepare: add,
    act: (queue) => queue.cancel("id", followUp),
    answer: "removed",
    after: counts,
    is: { pending: 0, done: 0, dead: 0, next: 1 },
  },
  {
    what: "a wake",
    prepare: addLater,
    act: (queue) => queue.wake("id", bytes("up")),
    answer: "woken",
    after: state,
    is: "pending",
  },
  {
    what: "a requeue",
    prepare: async (queue) => {
      await add(queue);
      await queue.deadLetter(await claimOne(queue), "reason");
    },
    act: (queue) => queue.requeueDead("id"),
    answer: undefined,
    after: async (queue) => (await queue.inspect.attempts("id")).map(({ outcome }) => outcome),
    is: ["dead_lettered", "requeued"],
  },
  {
    what: "a compare-and-put",
    act: (queue) => queue.kv.compareAndPut("key", undefined, bytes("1")),
    answer: true,
    after: async (queue) => text(await queue.kv.get("key")),
    is: "1",
  },
  {
    what: "a compare-and-delete",
    prepare: (queue) => queue.kv.put("key", bytes("1")),
    act: (queue) => queue.kv.compareAndDelete("key", bytes("1")),
    answer: true,
    after: async (queue) => await queue.kv.get("key"),
    is: undefined,
  },
  {
    what: "a claim",
    prepare: add,
    act: async (queue) => (await queue.claim("jobs")).map(({ job }) => [job.id, job.attempts]),
    answer: [["id", 1]],
    after: state,
    is: "claimed",
  },
];

describe.skipIf(server === undefined)("Where the connection is cut at a commit", () => {
  for (const row of ROWS) {
    for (const moment of ["before", "on", "after"] satisfies CutMoment[]) {
      it(`${row.what} is done once and answered as done, cut ${moment} it`, async () => {
        await using schema = new TestSchema(server!);
        const proxy = await CuttingProxy.start(server!.port);
        const straight = await schema.open();
        const queue = await schema.open({ connectionString: proxy.url() });
        await row.prepare?.(straight);
        const claim = row.claim && (await claimOne(queue));
        const cut = proxy.cutAtCommit(moment, marks(schema));
        const answer = await row.act(queue, claim as Claim);
        await cut;
        expect(answer).toEqual(row.answer);
        expect(await row.after(straight)).toEqual(row.is);
        await queue.close();
        await proxy.stop();
      });
    }
  }

  it("it is said that the outcome is unknown when the database cannot be asked", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const queue = await schema.open({ connectionString: proxy.url(), retryFor: 200 });
    proxy.staysDown = true;
    const cut = proxy.cutAtCommit("after", marks(schema));
    const failure = await queue.enqueue("jobs", JOB).catch((error) => error);
    await cut;
    expect(failure).toMatchObject({ code: "WF_STORE_OUTCOME_UNKNOWN", retry: "ambiguous" });
    // It was applied, which shows that the cut is where the rows above take it to be.
    expect((await schema.query("SELECT count(*) FROM {s}.jobs")).rows).toEqual([{ count: "1" }]);
    await queue.close();
    await proxy.stop();
  });

  it("it is said that nothing was done when the connection is lost before", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    // Without pipelining the commit is not on its way when the writes are cut.
    const pool = new pg.Pool({ connectionString: proxy.url() });
    pool.on("error", () => {});
    const queue = await schema.open({ pool, retryFor: 200 });
    proxy.staysDown = true;
    const { insert } = writeStatements(`"${schema.name}"`);
    const cut = proxy.cutAt("before", ({ text: name }) => name === insert.name);
    const failure = await queue.enqueue("jobs", JOB).catch((error) => error);
    await cut;
    expect(failure).toMatchObject({ code: "WF_STORE_UNAVAILABLE", retry: "safe" });
    expect((await schema.query("SELECT count(*) FROM {s}.jobs")).rows).toEqual([{ count: "0" }]);
    await queue.close();
    await pool.end();
    await proxy.stop();
  });

  it("a server that does not answer is given up after a minute, and the commit found out about", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const clock = new MockClock();
    const queue = await schema.open({ connectionString: proxy.url(), clock, retryFor: "5m" });
    const cut = proxy.cutAtCommit("never", marks(schema));
    const enqueued = queue.enqueue("jobs", JOB);
    await cut;
    await clock.advance("59s");
    expect(await Promise.race([enqueued, "waiting"])).toBe("waiting");
    await clock.advance("1s");
    expect((await enqueued).isNew).toBe(true);
    expect((await schema.query("SELECT count(*) FROM {s}.jobs")).rows).toEqual([{ count: "1" }]);
    await queue.close();
    await proxy.stop();
  });
});
