import { type Logger, silentLogger } from "@wf/core";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { bytes, claimOne, range } from "../../test-support/fixtures.ts";
import { sharedServer } from "../../test-support/shared-server.ts";
import { openVirtual } from "../../test-support/virtual-queue.ts";
import { PostgresQueue } from "../postgres-queue.ts";

const server = await sharedServer();
const JOB = bytes("job");

describe.skipIf(server === undefined)("What falls due as time passes", () => {
  it("reports a job whose effects cannot be read, and looks after the others", async () => {
    const errors: object[] = [];
    const logger: Logger = { ...silentLogger, error: (details) => errors.push(details) };
    const { queue, advance, schema, close } = await openVirtual(server!, { settings: { logger } });
    for (const id of ["damaged", "whole"]) {
      const onDead = { put: { [id]: JOB } };
      await queue.enqueue("jobs", JOB, { id, maxAttempts: 1, onDead });
      await claimOne(queue);
    }
    await server!.query(
      `UPDATE "${schema}".jobs SET on_dead = '{"enqueue":7}' WHERE id = 'damaged'`,
    );
    await advance("31s");
    expect((await queue.inspect.getJob("whole"))?.state).toBe("dead");
    expect(await queue.kv.get("whole")).toEqual(JOB);
    expect((await queue.inspect.getJob("damaged"))?.state).toBe("claimed");
    expect(errors[0]).toMatchObject({ jobId: "damaged", err: expect.any(Error) });
    // Reported again now and then, and not all the time.
    await advance("1m");
    expect(errors.length).toBeLessThan(40);
    await close();
  });

  it("waits for a job that somebody else holds, however long, and takes it back then", async () => {
    const { queue, advance, schema, close } = await openVirtual(server!, {});
    await queue.enqueue("jobs", JOB, { id: "id" });
    await claimOne(queue);
    const client = new pg.Client({ connectionString: server!.url() });
    await client.connect();
    await client.query("BEGIN");
    await client.query(`SELECT 1 FROM "${schema}".jobs FOR UPDATE`);
    await advance("1m");
    expect((await queue.inspect.getJob("id"))?.state).toBe("claimed");
    await client.query("COMMIT");
    await advance("10s");
    expect((await queue.inspect.getJob("id"))?.state).toBe("pending");
    await client.end();
    await close();
  });

  it("takes back, promotes and sweeps more jobs than one statement does", async () => {
    const queues = { jobs: { doneRetention: "1m" } } as const;
    const { queue, advance, close } = await openVirtual(server!, { queues });
    const count = 2_500;
    const requests = range(count).map(
      () => ({ queue: "jobs", payload: JOB, delay: "1s" }) as const,
    );
    await queue.enqueueMany(requests);
    await advance("1s");
    expect((await queue.claim("jobs", { max: count })).length).toBe(count);
    await advance("31s");
    const claims = await queue.claim("jobs", { max: count });
    expect(claims.length).toBe(count);
    await Promise.all(claims.map((claim) => queue.ack(claim)));
    await advance("10m");
    expect((await queue.inspect.listJobs("jobs", "done")).items).toEqual([]);
    expect((await queue.inspect.stats("jobs")).done).toBe(count);
    await close();
  });

  it("tells of the end of a job, where whoever ended it has not", async () => {
    const { queue, advance, clock, schema, close } = await openVirtual(server!, {});
    const { id } = await queue.enqueue("jobs", JOB, { delay: "1h" });
    const ended = queue.waitForCompletion(id);
    // So that it does not look by itself any more.
    await advance(0);
    await server!.query(`DELETE FROM "${schema}".jobs`);
    const other = await PostgresQueue.open({ connectionString: server!.url(), schema, clock });
    expect(await ended).toEqual({ status: "completed", job: undefined });
    await other.close();
    await close();
  });

  it("removes what processes that are gone have left, and keeps what they have counted", async () => {
    const { queue, advance, reopen, schema, close } = await openVirtual(server!, {});
    for (const round of range(3)) {
      const current = round === 0 ? queue : await reopen();
      await current.enqueue("jobs", JOB);
      await current.ack(await claimOne(current));
      const waiting = current.waitForCompletion(
        (await current.enqueue("later", JOB, { delay: "500d" })).id,
      );
      waiting.catch(() => {}); // the process dies
    }
    const current = await reopen();
    await current.cancel((await current.inspect.listJobs("later", "scheduled")).items[0]!.id);
    await server!.query(`INSERT INTO "${schema}".watches VALUES ('nobody')`);
    await advance("3d");
    const rows = async (sql: string) => (await server!.query(sql)).rows;
    expect(await rows(`SELECT job_id FROM "${schema}".watches WHERE job_id = 'nobody'`)).toEqual(
      [],
    );
    expect(await rows(`SELECT lane, count FROM "${schema}".done_counts`)).toEqual([
      { lane: "0", count: "3" },
    ]);
    expect((await current.inspect.stats("jobs")).done).toBe(3);
    // The queue goes on, in lanes of its own.
    await current.enqueue("jobs", JOB);
    await current.ack(await claimOne(current));
    expect((await current.inspect.stats("jobs")).done).toBe(4);
    await close();
  });
});
