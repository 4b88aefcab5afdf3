import { WfError, type WfErrorCode } from "@wf/core";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { bytes, claimOne, eventually, range, TestSchema, text } from "../test-support/fixtures.ts";
import { sharedServer } from "../test-support/shared-server.ts";
import type { PostgresQueue, TransactionQueue } from "./index.ts";

const server = await sharedServer();
const JOB = bytes("job");

/** A client of the program's own, with a table of its own. */
async function program(schema: TestSchema): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server!.url() });
  await client.connect();
  await client.query(`CREATE TABLE "${schema.name}".orders (id integer)`);
  return client;
}

async function within(
  client: pg.Client,
  queue: PostgresQueue,
  end: "COMMIT" | "ROLLBACK",
  work: (transaction: TransactionQueue) => Promise<unknown>,
): Promise<void> {
  await client.query("BEGIN");
  await work(queue.within(client));
  await client.query(end);
}

async function pending(queue: PostgresQueue, name = "jobs"): Promise<number> {
  return (await queue.inspect.stats(name)).pending;
}

async function codeOf(call: Promise<unknown>): Promise<WfErrorCode | undefined> {
  return await call.then(
    () => undefined,
    (error) => (WfError.is(error) ? error.code : error),
  );
}

/** Until somebody waits for what the transaction of `client` has locked. */
async function waitedFor(schema: TestSchema, client: pg.Client): Promise<void> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS id");
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
  await eventually(async () => (await schema.query(waiting, [rows[0].id])).rows.length > 0);
}

describe.skipIf(server === undefined)("A queue within a transaction of the program's own", () => {
  it("has the job if the transaction commits, and only from then on", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await client.query("BEGIN");
    await client.query(`INSERT INTO "${schema.name}".orders VALUES (1)`);
    const { id, isNew } = await queue.within(client).enqueue("jobs", JOB, { kv: { key: JOB } });
    expect(isNew).toBe(true);
    expect([await pending(queue), await queue.kv.get("key")]).toEqual([0, undefined]);
    expect(await queue.claim("jobs")).toEqual([]);
    await client.query("COMMIT");
    expect((await claimOne(queue)).job.id).toBe(id);
    expect(text(await queue.kv.get("key"))).toBe("job");
    await client.end();
  });

  it("never has the job where the transaction rolls back", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await within(client, queue, "ROLLBACK", async (transaction) => {
      await transaction.enqueueMany(range(3).map(() => ({ queue: "jobs", payload: JOB })));
      await transaction.commit({ put: { key: JOB } });
    });
    expect([await pending(queue), await queue.kv.get("key")]).toEqual([0, undefined]);
    await client.end();
  });

  it("wakes those who wait for jobs, here and in other processes, when it commits", async () => {
    await using schema = new TestSchema(server!);
    const [here, other] = [await schema.open(), await schema.open()];
    const client = await program(schema);
    const waits = [here, other].map((queue) => claimOne(queue));
    await within(client, here, "COMMIT", (transaction) =>
      transaction.enqueueMany(range(2).map(() => ({ queue: "jobs", payload: JOB }))),
    );
    expect((await Promise.all(waits)).length).toBe(2);
    await client.end();
  });

  it("sees and keeps what it does itself, in its order", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await queue.enqueue("jobs", JOB, { id: "sleeper", delay: "1h" });
    await within(client, queue, "COMMIT", async (transaction) => {
      await transaction.commit({ expect: { key: undefined }, put: { key: bytes("1") } });
      await transaction.commit({ expect: { key: bytes("1") }, put: { key: bytes("2") } });
      const first = await transaction.enqueue("jobs", JOB, { dedupKey: "d" });
      expect(await transaction.enqueue("jobs", JOB, { dedupKey: "d" })).toEqual({
        id: first.id,
        isNew: false,
      });
      const { woken } = await transaction.commit({ wake: [{ jobId: "sleeper" }] });
      expect(woken).toEqual(["woken"]);
    });
    expect([text(await queue.kv.get("key")), await pending(queue)]).toEqual(["2", 2]);
    await client.end();
  });

  it("is left as it was before by a call that fails, and goes on", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await queue.kv.put("key", bytes("value"));
    await queue.enqueue("jobs", JOB, { id: "taken" });
    const put = { other: bytes("no") };
    await within(client, queue, "COMMIT", async (transaction) => {
      const conflict = transaction.commit({ expect: { key: undefined }, put });
      expect(await codeOf(conflict)).toBe("WF_CONFLICT");
      const tooLarge = transaction.commit({ put: { key: new Uint8Array(262_145) } });
      expect(await codeOf(tooLarge)).toBe("WF_KV_VALUE_TOO_LARGE");
      const taken = { queue: "jobs", payload: JOB, id: "taken" };
      const fresh = { queue: "jobs", payload: JOB, id: "fresh" };
      expect(await codeOf(transaction.enqueueMany([fresh, taken]))).toBe("WF_DUPLICATE_JOB_ID");
      await transaction.enqueue("jobs", JOB, { id: "after" });
    });
    const { items } = await queue.inspect.listJobs("jobs", "pending");
    expect(items.map(({ id }) => id)).toEqual(["after", "taken"]);
    expect(await queue.kv.get("other")).toBeUndefined();
    await client.end();
  });

  it("does calls that are made at the same time one after the other", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await client.query("BEGIN");
    const calls = range(10).map((index) => {
      const key = index % 2 === 0 ? "even" : "odd";
      const put = { [key]: bytes(`${index}`) };
      return queue.within(client).commit({ expect: { [key]: undefined }, put });
    });
    const codes = await Promise.all(calls.map(codeOf));
    expect(codes).toEqual([undefined, undefined, ...Array(8).fill("WF_CONFLICT")]);
    await client.query("COMMIT");
    expect(text(await queue.kv.get("odd"))).toBe("1");
    await client.end();
  });

  it("keeps what it expects of a key true until it ends, also that it is absent", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await client.query("BEGIN");
    await queue
      .within(client)
      .commit({ expect: { mark: undefined }, put: { seen: bytes("none") } });
    const order: string[] = [];
    const marked = queue.kv.put("mark", bytes("here")).then(() => order.push("marked"));
    // The put waits for a lock, so that the transaction goes first however late it commits.
    await waitedFor(schema, client);
    order.push("committed");
    await client.query("COMMIT");
    await marked;
    expect(order).toEqual(["committed", "marked"]);
    await client.end();
  });

  it("does not stand in the way of others who first use the same queue", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await within(client, queue, "ROLLBACK", async (transaction) => {
      await transaction.enqueue("jobs", JOB);
      await queue.enqueue("jobs", JOB);
    });
    expect(await pending(queue)).toBe(1);
    expect(await queue.inspect.listQueues()).toEqual(["jobs"]);
    await client.end();
  });

  it("gives way to another that takes the same id or dedup key meanwhile", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const clients = [await program(schema), new pg.Client({ connectionString: server!.url() })];
    await clients[1]?.connect();
    const [one, two] = clients as [pg.Client, pg.Client];
    await one.query("BEGIN");
    await two.query("BEGIN");
    const first = await queue.within(one).enqueue("jobs", JOB, { dedupKey: "key" });
    const second = queue.within(two).enqueue("jobs", JOB, { dedupKey: "key" });
    await waitedFor(schema, one);
    await one.query("COMMIT");
    expect(await second).toEqual({ id: first.id, isNew: false });
    await two.query("COMMIT");
    expect(await pending(queue)).toBe(1);
    for (const client of clients) await client.end();
  });

  it("has to be one, of the isolation that a commit needs", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    expect(await codeOf(queue.within(client).enqueue("jobs", JOB))).toBe("WF_INVALID_ARGUMENT");
    for (const isolation of ["REPEATABLE READ", "SERIALIZABLE"]) {
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      const failure = await queue
        .within(client)
        .enqueue("jobs", JOB)
        .catch((error) => error);
      expect(failure).toMatchObject({
        code: "WF_INVALID_ARGUMENT",
        message: expect.stringMatching(isolation.toLowerCase()),
      });
      await client.query("ROLLBACK");
    }
    expect(await pending(queue)).toBe(0);
    await client.end();
  });

  it("is refused by its own code where it is over already, or the queue is closed", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const client = await program(schema);
    await client.query("BEGIN");
    await client.query("SELECT 1 / 0").catch(() => {});
    const failure = await queue
      .within(client)
      .enqueue("jobs", JOB)
      .catch((error) => error);
    expect(failure).toMatchObject({ code: "WF_STORE_UNAVAILABLE", retry: "safe" });
    await client.query("ROLLBACK");
    await client.query("BEGIN");
    await queue.close();
    expect(await codeOf(queue.within(client).enqueue("jobs", JOB))).toBe("WF_CLOSED");
    await client.end();
  });
});
