import { ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { TestSchema } from "../packages/queues/postgres/test-support/fixtures.ts";
import { sharedServer } from "../packages/queues/postgres/test-support/shared-server.ts";
import { parseCommand, run } from "./move-queue.ts";

const server = await sharedServer();
const FROM = ["--store", "file:store", "--prefix", "queue"];

describe("The command that moves a queue", () => {
  it.skipIf(server === undefined)("moves it, says so when run again, and undoes it", async () => {
    await using schema = new TestSchema(server!);
    const store = new MemoryObjectStore();
    const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
    await queue.enqueue("jobs", Buffer.from("job"));
    await queue.close();
    const to = ["--to", server!.url(), "--schema", schema.name];
    expect(await run(parseCommand([...FROM, ...to]), store)).toMatch(
      /^moved in .* s: 1 queues, 1 jobs \(1 pending, 0 scheduled, 0 done, 0 dead\), 0 KV entries\n/,
    );
    const there = await schema.open();
    expect((await there.inspect.stats("jobs")).pending).toBe(1);
    await there.close();
    expect(await run(parseCommand([...FROM, ...to]), store)).toMatch(/^was moved before/);
    expect(await run(parseCommand([...FROM, ...to, "--undo"]), store)).toMatch(/^undone/);
    await (await ObjectStoreQueue.open(store, { prefix: "queue" })).close();
  });

  it.each([
    [["--to", "postgres://x"]],
    [FROM],
    [[...FROM, "--to", "postgres://x", "--discard"]],
    [[...FROM, "--gone"]],
    [[...FROM, "--to", "postgres://x", "--undo", "--gone"]],
    [[...FROM, "--to", "postgres://x", "--unknown"]],
  ])("refuses %j", (given) => {
    expect(() => parseCommand(given)).toThrow();
  });
});
