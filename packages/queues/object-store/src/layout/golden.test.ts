import { readFileSync, writeFileSync } from "node:fs";
import type { ObjectStoreQueueOptions } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, pending, text } from "../../test-support/fixtures.ts";
import { turn } from "../../test-support/steered-object-store.ts";

/**
 * The stored bytes of layout version 1, which every later version must be able to read: of a log alone, and
 * of one with snapshots and a payload of its own. `WF_WRITE_GOLDEN=1` writes them anew; that is right only
 * before a release.
 */
const STORES = [
  { name: "a log alone", file: "v1-log.json", options: {} },
  {
    name: "snapshots and a payload",
    file: "v1-snapshots.json",
    options: { snapshotAfterBytes: 1, offloadAboveBytes: 1_024 },
  },
];

/** A history with every kind of record in it, the same each time. */
async function writeHistory(options: Partial<ObjectStoreQueueOptions>): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const clock = new MockClock(1_700_000_000_000);
  const queue = await openQueue(store, {
    clock,
    random: seededRandom(7),
    queues: { kept: { doneRetention: "1d" } },
    ...options,
  });
  await queue.enqueue("large", new Uint8Array(2_000).fill(7), { id: "large" });
  await queue.enqueue("jobs", bytes("plain"), { id: "plain" });
  await queue.enqueue("jobs", bytes("full"), {
    id: "full",
    headers: { name: "wörld", empty: "" },
    delay: "1h",
    priority: 5,
    maxAttempts: 7,
    backoff: { base: "2s", cap: "1m", jitter: "none" },
    dedupKey: "once",
    kv: { "with/job": bytes("1") },
    onDead: {
      enqueue: [
        {
          queue: "dead-letters",
          payload: bytes("died"),
          id: "epitaph",
          headers: { of: "full" },
          delay: "1s",
          priority: 0,
          maxAttempts: 1,
          backoff: { base: 0 },
          dedupKey: "death",
          kv: { "with/epitaph": bytes("2") },
        },
        { queue: "dead-letters", payload: bytes("at"), runAt: 1_800_000_000_000 },
      ],
      wake: [{ jobId: "sleeper" }, { jobId: "other", payload: bytes("up") }],
      put: { gone: bytes("yes") },
      delete: ["with/job"],
    },
  });
  await queue.enqueue("jobs", bytes("sleeper"), { id: "sleeper", delay: "2d" });
  await queue.wake("sleeper", bytes("early"));
  const [first, second] = await queue.claim("jobs", { max: 2, lease: "10s" });
  await turn();
  await queue.nack(first!, "try again", { retryAfter: "5m" });
  await queue.cancel(second!.job.id);
  await clock.advance("11s"); // the lease of the second runs out
  const [again] = await queue.claim("jobs");
  await queue.deadLetter(again!, "no use");
  await queue.requeueDead(again!.job.id);
  await queue.enqueue("kept", bytes("done"), { id: "kept" });
  const [kept] = await queue.claim("kept");
  await queue.ack(kept!, { put: { result: bytes("ok") }, delete: ["result-before"] });
  await queue.enqueue("jobs", bytes("removed"), { id: "removed" });
  await queue.cancel("removed");
  await turn(); // a snapshot of all that, where there is one
  await queue.close();
  return store;
}

async function hexOf(store: MemoryObjectStore): Promise<Record<string, string>> {
  const objects: Record<string, string> = {};
  for (const key of await keysOf(store)) {
    objects[key] = Buffer.from((await store.get(key)) as Uint8Array).toString("hex");
  }
  return objects;
}

describe.each(STORES)("layout version 1, of $name,", ({ file, options }) => {
  const url = new URL(`./golden/${file}`, import.meta.url);
  const read = () => JSON.parse(readFileSync(url, "utf8")) as Record<string, string>;

  it("is what is written, byte for byte", async () => {
    const written = await hexOf(await writeHistory(options));
    if (process.env["WF_WRITE_GOLDEN"]) {
      writeFileSync(url, `${JSON.stringify(written, undefined, 2)}\n`);
    }
    const golden = read();
    const epoch = Object.keys(written)[0] as string; // names this machine and process
    expect({ ...written, [epoch]: golden[epoch] }).toEqual(golden);
  });

  it("is read as it was meant", async () => {
    const store = new MemoryObjectStore();
    for (const [key, hex] of Object.entries(read())) await store.put(key, Buffer.from(hex, "hex"));
    const clock = new MockClock(1_700_000_012_000);
    const queue = await openQueue(store, { clock });
    expect(await pending(queue, "jobs")).toEqual(["sleeper"]);
    expect(await queue.inspect.listQueues()).toEqual(["jobs", "kept", "large"]);
    const large = await queue.inspect.getJob("large");
    expect(large?.payload).toEqual(new Uint8Array(2_000).fill(7));
    const full = await queue.inspect.getJob("full");
    expect(full).toMatchObject({
      headers: { name: "wörld", empty: "" },
      state: "scheduled",
      priority: 5,
      maxAttempts: 7,
      dedupKey: "once",
      runAt: 1_700_003_600_000,
    });
    const sleeper = await queue.inspect.getJob("sleeper");
    expect(text(sleeper?.wakePayload)).toBe("early");
    const outcomes = (await queue.inspect.attempts("sleeper")).map((attempt) => attempt.outcome);
    expect(outcomes).toEqual(["lease_expired", "dead_lettered", "requeued"]);
    expect((await queue.inspect.getJob("plain"))?.lastError).toBe("try again");
    expect((await queue.inspect.getJob("kept"))?.state).toBe("done");
    expect(await queue.inspect.getJob("removed")).toBeUndefined();
    expect((await queue.kv.scan("")).items.map(({ key, value }) => [key, text(value)])).toEqual([
      ["result", "ok"],
      ["with/job", "1"],
    ]);
    // And what the job carries for its death is whole.
    await clock.advance("2h");
    const claims = await queue.claim("jobs", { max: 3 });
    const claim = claims.find(({ job }) => job.id === "full");
    await queue.deadLetter(claim!, "over");
    expect((await queue.inspect.getJob("epitaph"))?.headers).toEqual({ of: "full" });
    expect(text(await queue.kv.get("gone"))).toBe("yes");
    expect((await queue.inspect.stats("dead-letters")).scheduled).toBe(2);
  });
});
