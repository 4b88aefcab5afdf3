import { WfError } from "@wf/core";
import { DepartingQueue, ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes } from "../../test-support/fixtures.ts";
import { openSource, PREFIX } from "../../test-support/move/full-queue.ts";
import { MortalProcess, MortalStore } from "../../test-support/move/mortal-process.ts";
import { Place } from "../../test-support/move/moving.ts";
import { sharedServer } from "../../test-support/shared-server.ts";
import { moveQueue } from "../move.ts";

const server = await sharedServer();

/** A queue with one job, which its owner has open. */
async function living() {
  const clock = new MockClock();
  const store = new MemoryObjectStore({ clock });
  const queue = await openSource(store, clock);
  await queue.enqueue("jobs", bytes("job"));
  return { clock, store, queue };
}

async function objects(store: MemoryObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, lastModified } of store.list("")) keys.push(`${key} ${lastModified}`);
  return keys;
}

describe.skipIf(server === undefined)("A queue that moves is in one place", () => {
  it("takes the queue from its living owner, who can acknowledge nothing any more", async () => {
    const { clock, store, queue } = await living();
    const [claim] = await queue.claim("jobs");
    await using place = new Place(server!);
    await place.move(store, clock);
    await expect(queue.ack(claim!)).rejects.toMatchObject({ code: "WF_FENCED" });
    expect((await (await place.open(clock)).queue.inspect.stats("jobs")).pending).toBe(1);
  });

  it("refuses to open in the bucket, again and again, and says where it is", async () => {
    const { clock, store } = await living();
    await using place = new Place(server!);
    await place.move(store, clock);
    for (let opening = 0; opening < 3; opening++) {
      await expect(openSource(store, clock)).rejects.toMatchObject({
        code: "WF_QUEUE_MOVED",
        message: expect.stringContaining(`was moved to schema "${place.schema}"`),
      });
    }
    // Nothing is left to do, and the mark is the same.
    expect(await place.move(store, clock)).toMatchObject({ copied: false, pending: 1 });
    await place.undo(store, clock);
    expect((await (await openSource(store, clock)).inspect.stats("jobs")).pending).toBe(1);
  });

  it("would be in two without the mark", async () => {
    const { clock, store } = await living();
    await using place = new Place(server!);
    await place.move(store, clock);
    const source = await DepartingQueue.open(store, { prefix: PREFIX, clock });
    await source.mark(undefined);
    await source.close();
    const [here] = await (await openSource(store, clock)).claim("jobs");
    const [there] = await (await place.open(clock)).queue.claim("jobs");
    expect(here?.job.id).toBe(there?.job.id);
  });

  it("goes on where those who are refused keep opening the queue meanwhile", async () => {
    const { clock, store, queue } = await living();
    // Sealed, so that the first that the mover writes to the log is its mark.
    await queue.close();
    await using place = new Place(server!);
    const mover = new MortalStore(store, new MortalProcess());
    const put = mover.put.bind(mover);
    let puts = 0;
    let refused = 0;
    // Before every write of the mover from its mark on, somebody else opens the queue.
    mover.put = async (key, body, options) => {
      if (key.includes("/log/") && ++puts > 1 && puts < 8) {
        await openSource(store, clock).catch((error) => {
          if (WfError.is(error, "WF_QUEUE_MOVED")) refused++;
        });
      }
      await put(key, body, options);
    };
    expect(await place.move(mover, clock)).toMatchObject({ copied: true, pending: 1 });
    expect(refused).toBeGreaterThan(0);
    expect(await place.jobs()).toBe(1);
    await expect(openSource(store, clock)).rejects.toMatchObject({
      message: expect.stringContaining("was moved"),
    });
  });

  it("does not let an undo come between a move and its end", async () => {
    const { clock, store, queue } = await living();
    // Sealed, so that the first that the mover writes to the log is its mark.
    await queue.close();
    await using place = new Place(server!);
    const mover = new MortalStore(store, new MortalProcess());
    const put = mover.put.bind(mover);
    const undone: unknown[] = [];
    mover.put = async (key, body, options) => {
      await put(key, body, options);
      // The mark is set, and the jobs are not there yet.
      if (key.includes("/log/") && undone.length === 0) {
        undone.push(await place.undo(store, clock).catch((error) => error));
      }
    };
    await place.move(mover, clock);
    expect(undone).toMatchObject([{ code: "WF_STORE_UNAVAILABLE" }]);
    expect(await place.jobs()).toBe(1);
    await expect(openSource(store, clock)).rejects.toMatchObject({ code: "WF_QUEUE_MOVED" });
  });

  it("does not move again what was undone before the move had said that it was done", async () => {
    const { clock, store, queue } = await living();
    await queue.close();
    await using place = new Place(server!);
    const mover = new MortalStore(store, new MortalProcess());
    const put = mover.put.bind(mover);
    let puts = 0;
    mover.put = async (key, body, options) => {
      if (key.includes("/log/") && ++puts === 2) await place.undo(store, clock);
      await put(key, body, options);
    };
    await expect(place.move(mover, clock)).rejects.toMatchObject({
      code: "WF_INVALID_STATE",
      message: expect.stringContaining("undone"),
    });
    expect(await place.jobs()).toBe(0);
    expect((await (await openSource(store, clock)).inspect.stats("jobs")).pending).toBe(1);
  });

  it("is not undone once it was worked on there, unless that is given up", async () => {
    const { clock, store } = await living();
    await using place = new Place(server!);
    await place.move(store, clock);
    const { queue } = await place.open(clock);
    const [claim] = await queue.claim("jobs");
    await queue.ack(claim!, { put: { paid: bytes("yes") } });
    await expect(place.undo(store, clock)).rejects.toMatchObject({
      code: "WF_INVALID_STATE",
      message: expect.stringContaining("worked on since"),
    });
    await expect(openSource(store, clock)).rejects.toMatchObject({ code: "WF_QUEUE_MOVED" });
    await place.undo(store, clock, { discard: true });
    expect([await place.jobs(), await queue.kv.get("paid")]).toEqual([0, undefined]);
    expect((await (await openSource(store, clock)).inspect.stats("jobs")).pending).toBe(1);
  });

  it.each([
    ["a job more", "enqueue"],
    ["a job less", "claim"],
    ["an entry more", "put"],
  ] as const)("counts as worked on with %s", async (_, change) => {
    const { clock, store } = await living();
    await using place = new Place(server!);
    await place.move(store, clock);
    const { queue } = await place.open(clock);
    if (change === "enqueue") await queue.enqueue("jobs", bytes("more"));
    if (change === "claim") await queue.ack((await queue.claim("jobs"))[0]!);
    if (change === "put") await queue.kv.put("key", bytes("value"));
    await expect(place.undo(store, clock)).rejects.toMatchObject({ code: "WF_INVALID_STATE" });
  });

  it("comes back from a database that is gone", async () => {
    const { clock, store } = await living();
    await using place = new Place(server!);
    await place.move(store, clock);
    await place.query("DROP SCHEMA {s} CASCADE");
    await expect(place.undo(store, clock)).rejects.toMatchObject({ code: "WF_INVALID_STATE" });
    await expect(place.move(store, clock)).rejects.toMatchObject({ code: "WF_INVALID_STATE" });
    await place.undo(store, clock, { to: "gone" });
    expect((await (await openSource(store, clock)).inspect.stats("jobs")).pending).toBe(1);
  });
});

describe.skipIf(server === undefined)("A move is refused", () => {
  it.each([
    [
      "a job",
      "INSERT INTO {s}.jobs (id, queue, state, priority, max_attempts, enqueued_at, payload) VALUES ('x', '', 0, 0, 1, 0, '')",
    ],
    ["an entry", "INSERT INTO {s}.kv VALUES ('key', '')"],
    ["jobs that were done", "INSERT INTO {s}.done_counts VALUES ('jobs', 1, 5)"],
  ])("where the schema has %s, and the owner works on", async (_, insert) => {
    const { clock, store, queue } = await living();
    await using place = new Place(server!);
    await place.open(clock);
    await place.query(insert);
    const before = await objects(store);
    await expect(place.move(store, clock)).rejects.toMatchObject({
      code: "WF_INVALID_STATE",
      message: expect.stringContaining("was used"),
    });
    expect(await objects(store)).toEqual(before);
    await queue.ack((await queue.claim("jobs"))[0]!);
  });

  it("where another queue was moved to the schema, and the owner works on", async () => {
    const one = await living();
    const other = await living();
    await using place = new Place(server!);
    await place.move(one.store, one.clock);
    const before = await objects(other.store);
    await expect(place.move(other.store, other.clock)).rejects.toMatchObject({
      code: "WF_INVALID_STATE",
    });
    expect(await objects(other.store)).toEqual(before);
    await other.queue.ack((await other.queue.claim("jobs"))[0]!);
  });

  it("to a second place, begun or finished at the first; so is an undo there", async () => {
    const { clock, store } = await living();
    await using first = new Place(server!);
    await using second = new Place(server!);
    await first.move(store, clock);
    await expect(second.move(store, clock)).rejects.toMatchObject({
      code: "WF_INVALID_STATE",
      message: expect.stringContaining(`schema "${first.schema}"`),
    });
    expect(await second.jobs()).toBe(0);
    await expect(second.undo(store, clock)).rejects.toMatchObject({ code: "WF_INVALID_STATE" });
    expect(await first.jobs()).toBe(1);
  });

  it("without a server, or where a newer version of wf has been, and the owner works on", async () => {
    const { clock, store, queue } = await living();
    const before = await objects(store);
    const from = { store, prefix: PREFIX, clock };
    await using place = new Place(server!);
    const to = { connectionString: server!.url(), schema: place.schema };
    await (await place.open(clock)).queue.close();
    await place.query("UPDATE {s}.layout SET version = 99");
    for (const [wrong, code] of [
      [{ connectionString: "postgresql://127.0.0.1:1/postgres" }, "WF_STORE_UNAVAILABLE"],
      [{ connectionString: server!.url("postgres", "nowhere") }, "WF_STORE_NOT_INITIALIZED"],
      [{ ...to, schema: "pg_wrong" }, "WF_INVALID_ARGUMENT"],
      [to, "WF_LAYOUT_UNSUPPORTED"],
    ] as const) {
      await expect(moveQueue({ from, to: wrong })).rejects.toMatchObject({ code });
    }
    expect(await objects(store)).toEqual(before);
    await queue.ack((await queue.claim("jobs"))[0]!);
  });

  it("from a queue that a newer version of wf writes, or that is not there", async () => {
    const { clock, store, queue } = await living();
    await queue.close();
    await using place = new Place(server!);
    for await (const { key } of store.list(`${PREFIX}/log/`)) {
      const body = (await store.get(key)) as Uint8Array;
      // The version follows four letters.
      body[4] = 99;
      body[5] = 99;
      await store.put(key, body);
    }
    await expect(place.move(store, clock)).rejects.toMatchObject({ code: "WF_LAYOUT_UNSUPPORTED" });
    const empty = new MemoryObjectStore({ clock });
    await expect(place.move(empty, clock)).rejects.toMatchObject({
      code: "WF_STORE_NOT_INITIALIZED",
    });
    expect([await place.jobs(), await objects(empty)]).toEqual([0, []]);
  });

  it("as is an undo of a queue that was not moved, whose owner works on", async () => {
    const { clock, store, queue } = await living();
    await using place = new Place(server!);
    await expect(place.undo(store, clock)).rejects.toMatchObject({ code: "WF_INVALID_STATE" });
    await queue.ack((await queue.claim("jobs"))[0]!);
  });
});

it("A queue with a mark that makes no sense is not opened", async () => {
  const { clock, store, queue } = await living();
  await queue.kv.put("workflow/moved-to", bytes("nonsense"));
  await queue.close();
  await expect(ObjectStoreQueue.open(store, { prefix: PREFIX, clock })).rejects.toMatchObject({
    code: "WF_DATA_CORRUPT",
    key: "workflow/moved-to",
  });
});
