import { systemClock } from "@wf/core";
import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, TestSchema } from "../../test-support/fixtures.ts";
import { sharedServer } from "../../test-support/shared-server.ts";
import { QueueClock } from "./queue-clock.ts";

const server = await sharedServer();
const HOUR_MS = 3_600_000;

describe("The clock of a queue", () => {
  it("is the program's own where there is one, also for statements", () => {
    const own = new MockClock(1_000);
    const clock = new QueueClock(own);
    clock.learn(9_999_999, clock.now());
    expect([clock.now(), clock.parameter]).toEqual([1_000, 1_000]);
  });

  it("else follows what the database says, whatever the machine's clock does", () => {
    const clock = new QueueClock(undefined);
    expect(clock.parameter).toBeNull();
    const apart = () => Math.round((clock.now() - systemClock.now()) / HOUR_MS);
    clock.learn(clock.now() + HOUR_MS, clock.now());
    expect(apart()).toBe(1);
    clock.learn(clock.now() - 2 * HOUR_MS, clock.now());
    expect(apart()).toBe(-1);
  });
});

describe.skipIf(server === undefined)("Leases and due times", () => {
  it("count by the database's clock", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    await queue.enqueue("jobs", bytes("job"));
    const before = await databaseNow(schema);
    const [claim] = await queue.claim("jobs", { lease: "1h" });
    const after = await databaseNow(schema);
    expect(claim?.leaseExpiresAt).toBeGreaterThanOrEqual(before + HOUR_MS);
    expect(claim?.leaseExpiresAt).toBeLessThanOrEqual(after + HOUR_MS);
    // A program whose own estimate is hours off takes nothing from others.
    (queue.clock as QueueClock).learn(after + 5 * HOUR_MS, queue.clock.now());
    const other = await schema.open({ pollInterval: 100 });
    await other.enqueue("jobs", bytes("later"), { delay: "2h" });
    expect(await queue.claim("jobs")).toEqual([]);
    expect(await queue.inspect.stats("jobs")).toMatchObject({ claimed: 1, scheduled: 1 });
  });
});

async function databaseNow(schema: TestSchema): Promise<number> {
  const { rows } = await schema.query("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now");
  return Math.floor(Number(rows[0].now));
}
