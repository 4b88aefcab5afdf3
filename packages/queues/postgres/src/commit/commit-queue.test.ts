import pg from "pg";
import { describe, expect, it } from "vitest";
import { CuttingProxy } from "../../test-support/cutting-proxy.ts";
import { bytes, range, TestSchema, text } from "../../test-support/fixtures.ts";
import { sharedServer } from "../../test-support/shared-server.ts";
import { writeStatements } from "./write-statements.ts";

const server = await sharedServer();
const JOB = bytes("job");

describe.skipIf(server === undefined)("Commits of one process", () => {
  it("share transactions: what arrives while one is under way is in the next", async () => {
    await using schema = new TestSchema(server!);
    const proxy = await CuttingProxy.start(server!.port);
    const queue = await schema.open({ connectionString: proxy.url(), maxWritesInFlight: 1 });
    let commits = 0;
    const { mark } = writeStatements(`"${schema.name}"`);
    proxy.watch(({ text: name }) => {
      if (name === mark.name) commits++;
    });
    const first = queue.enqueue("jobs", JOB);
    const rest = first.then(() => Promise.all(range(300).map(() => queue.enqueue("jobs", JOB))));
    await rest;
    expect(commits).toBe(2);
    const puts = range(20).map((index) =>
      queue.kv.compareAndPut("turn", turn(index), turn(index + 1)!),
    );
    // Each expects what the one before it leaves, in one transaction.
    expect(await Promise.all(puts)).toEqual(Array(20).fill(true));
    expect(commits).toBe(3);
    await queue.close();
    await proxy.stop();
  });

  it("are not held up by one that has to wait for a lock, nor fail with it", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open({ maxWritesInFlight: 1, retryFor: "1m" });
    const client = new pg.Client({ connectionString: server!.url() });
    await client.connect();
    await client.query("BEGIN");
    await queue.within(client).commit({ put: { held: bytes("by the program") } });
    const blocked = queue.kv.put("held", bytes("later"));
    const others = range(4).map((index) => queue.kv.put(`free-${index}`, JOB));
    // In one batch with it, until that is taken apart.
    await Promise.all(others);
    expect(await queue.kv.get("held")).toBeUndefined();
    await client.query("COMMIT");
    await blocked;
    expect(text(await queue.kv.get("held"))).toBe("later");
    await client.end();
  });

  it("may touch more keys than one transaction locks one by one", async () => {
    await using schema = new TestSchema(server!);
    const [queue, other] = [await schema.open(), await schema.open()];
    const keys = range(3_000).map((index) => `key-${index}`);
    const put = Object.fromEntries(keys.map((key) => [key, bytes("0")]));
    const expect0 = Object.fromEntries(keys.map((key) => [key, undefined]));
    const results = await Promise.allSettled([
      queue.commit({ expect: expect0, put }),
      other.commit({ expect: expect0, put }),
      ...range(50).map((index) =>
        other.kv.compareAndPut(`key-${index * 7}`, bytes("0"), bytes("1")),
      ),
    ]);
    const codes = results.slice(0, 2).map((result) => result.status);
    expect(codes.toSorted()).toEqual(["fulfilled", "rejected"]);
    const changed = results.slice(2).filter((r) => r.status === "fulfilled" && r.value === true);
    const { rows } = await schema.query("SELECT count(*) FROM {s}.kv WHERE value = '1'");
    expect(Number(rows[0].count)).toBe(changed.length);
  });

  it("of several processes, on keys that they all change, lose nothing", async () => {
    await using schema = new TestSchema(server!);
    const queues = await Promise.all(range(4).map(() => schema.open({ connections: 4 })));
    const increment = async (queue: (typeof queues)[0], key: string): Promise<void> => {
      for (;;) {
        const current = await queue.kv.get(key);
        const next = bytes(`${Number(text(current) ?? 0) + 1}`);
        if (await queue.kv.compareAndPut(key, current, next)) return;
      }
    };
    await Promise.all(
      queues.flatMap((queue) =>
        range(25).flatMap((index) => increment(queue, `counter-${index % 2}`)),
      ),
    );
    const values = await Promise.all(
      range(2).map(async (index) => Number(text(await queues[0]?.kv.get(`counter-${index}`)))),
    );
    expect(values).toEqual([52, 48]);
  });

  it("of several processes under one id or dedup key make one job", async () => {
    await using schema = new TestSchema(server!);
    const queues = await Promise.all(range(5).map(() => schema.open({ connections: 4 })));
    for (const round of range(5)) {
      const byKey = queues.map((queue) => queue.enqueue("jobs", JOB, { dedupKey: `key-${round}` }));
      const results = await Promise.all(byKey);
      expect(results.filter(({ isNew }) => isNew).length).toBe(1);
      expect(new Set(results.map(({ id }) => id)).size).toBe(1);
      const byId = queues.map((queue) => queue.enqueue("jobs", JOB, { id: `id-${round}` }));
      const settled = await Promise.allSettled(byId);
      expect(settled.filter(({ status }) => status === "fulfilled").length).toBe(1);
      for (const result of settled) {
        if (result.status === "fulfilled") continue;
        expect(result.reason).toMatchObject({ code: "WF_DUPLICATE_JOB_ID" });
      }
    }
    expect((await queues[0]?.inspect.stats("jobs"))?.pending).toBe(10);
  });

  it("are refused where they are too many bytes for one transaction", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const payload = new Uint8Array(60 * 1_048_576);
    const requests = range(5).map(() => ({ queue: "jobs", payload }));
    const refusal = { code: "WF_INVALID_ARGUMENT", message: expect.stringMatching(/268435456/) };
    await expect(queue.enqueueMany(requests)).rejects.toMatchObject(refusal);
    const onDead = { enqueue: requests.slice(0, 2) };
    await expect(queue.enqueue("jobs", JOB, { onDead })).rejects.toMatchObject({
      code: "WF_INVALID_ARGUMENT",
      message: expect.stringMatching(/onDead has 125829120 bytes.*67108864/),
    });
    expect(await queue.inspect.listQueues()).toEqual([]);
  });

  it("carry the largest payload there and back", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const payload = new Uint8Array(64 * 1_048_576).map((_, index) => index * 31);
    await queue.enqueue("jobs", payload);
    const [claim] = await queue.claim("jobs");
    expect(Buffer.compare(claim!.job.payload, payload)).toBe(0);
    await queue.ack(claim!);
  });
});

function turn(index: number): Uint8Array | undefined {
  return index === 0 ? undefined : bytes(`${index}`);
}
