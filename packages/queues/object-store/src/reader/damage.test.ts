import { encodeFrame } from "@wf/core/adapter";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import {
  bytes,
  copyOf as copyStore,
  keysOf,
  openQueue,
  openReader,
} from "../../test-support/fixtures.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { turn } from "../../test-support/steered-object-store.ts";

/** Two epochs of three segments each; the first was taken over, the second closed. */
async function writeLog(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  for (const names of [
    ["a", "b", "c"],
    ["d", "e", "f"],
  ]) {
    const queue = await openQueue(store);
    for (const name of names) await queue.enqueue("jobs", bytes(name));
    if (names[0] === "d") await queue.close();
  }
  return store;
}

/** A snapshot and some segments after it. */
async function writeSnapshot(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const queue = await openQueue(store, { snapshotAfterBytes: 1 });
  for (const name of "abcdef") {
    await queue.enqueue("jobs", bytes(name));
    await turn();
  }
  return store;
}

async function copyOf(...args: Parameters<typeof copyStore>): Promise<ReaderStore> {
  return new ReaderStore(await copyStore(...args));
}

const LOG_KEYS = await keysOf(await writeLog());
const SEGMENTS = LOG_KEYS.filter((key) => key.includes("/log/"));
// Lost without a trace is only the newest end mark, and it ends nothing but itself.
const LAST_SEAL = SEGMENTS.at(-1);
const SNAPSHOT_KEYS = (await keysOf(await writeSnapshot())).filter((key) =>
  key.includes("/snapshots/"),
);
const NEWEST_SNAPSHOT = SNAPSHOT_KEYS.slice(-2);

describe("a reader of a damaged store", () => {
  it.each(SEGMENTS.filter((key) => key !== LAST_SEAL))(
    "names %s when it is missing",
    async (lost) => {
      const store = await copyOf(await writeLog(), (key, body) =>
        key === lost ? undefined : body,
      );
      await expect(openReader(store)).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key: lost,
        message: expect.stringContaining(lost),
      });
    },
  );

  it.each(LOG_KEYS.filter((key) => key.includes("/epochs/")))(
    "names %s when that epoch is missing, in part at least",
    async (lost) => {
      const store = await copyOf(await writeLog(), (key, body) =>
        key === lost ? undefined : body,
      );
      const opening = openReader(store);
      if (lost.endsWith("1")) {
        await expect(opening).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: lost });
      } else {
        // Who owns the queue is not known; the log is whole all the same.
        const reader = await opening;
        expect((await reader.inspect.stats("jobs")).pending).toBe(6);
        await expect(reader.liveness()).rejects.toMatchObject({
          code: "WF_DATA_CORRUPT",
          key: lost,
        });
        await reader.close();
      }
    },
  );

  it.each(SEGMENTS)("names %s when any of its bits is flipped", async (flipped) => {
    const original = await writeLog();
    const size = ((await original.get(flipped)) as Uint8Array).length;
    for (let index = 0; index < size; index++) {
      const store = await copyOf(original, (key, body) => {
        if (key === flipped) body[index] = (body[index] as number) ^ (1 << (index % 8));
        return body;
      });
      await expect(openReader(store)).rejects.toMatchObject({
        code: index === 4 ? expect.stringMatching(/CORRUPT|LAYOUT/) : "WF_DATA_CORRUPT",
        key: flipped,
      });
    }
  });

  it.each(SEGMENTS)("names %s when another object of the log is in its place", async (swapped) => {
    const original = await writeLog();
    for (const other of SEGMENTS.filter((key) => key !== swapped)) {
      const wrong = (await original.get(other)) as Uint8Array;
      const store = await copyOf(original, (key, body) => (key === swapped ? wrong : body));
      await expect(openReader(store)).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key: swapped,
      });
    }
  });

  it.each(NEWEST_SNAPSHOT.filter((key) => !key.endsWith("whole")))(
    "names %s of the newest snapshot when it is missing, cut off or flipped",
    async (broken) => {
      const original = await writeSnapshot();
      const changes: ((body: Uint8Array) => Uint8Array | undefined)[] = [
        () => undefined,
        (body) => body.slice(0, -1),
        (body) => body.with(20, (body[20] as number) ^ 1),
      ];
      for (const change of changes) {
        const store = await copyOf(original, (key, body) => (key === broken ? change(body) : body));
        await expect(openReader(store)).rejects.toMatchObject({
          code: "WF_DATA_CORRUPT",
          key: broken,
        });
      }
    },
  );

  it("names what lies in the log and does not belong there", async () => {
    const stray = "queue/log/readme.txt";
    const inner = await writeLog();
    await inner.put(stray, bytes("hello"));
    await expect(openReader(inner)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: stray });
  });

  it("names the first epoch where all else is there", async () => {
    const store = await copyOf(await writeLog(), (key, body) =>
      key.includes("/epochs/") ? undefined : body,
    );
    await expect(openReader(store)).rejects.toMatchObject({
      code: "WF_DATA_CORRUPT",
      key: LOG_KEYS[0],
    });
  });
});

describe("a reader that comes upon damage while it follows", () => {
  async function follow() {
    const clock = new MockClock();
    const inner = new MemoryObjectStore();
    const queue = await openQueue(inner, { clock });
    await queue.enqueue("jobs", bytes("a"));
    const reader = await openReader(new ReaderStore(inner), { clock });
    await queue.enqueue("jobs", bytes("b"));
    await queue.enqueue("jobs", bytes("c"));
    const [, broken = "", last = ""] = await keysOf(inner, "queue/log/");
    return { clock, inner, reader, broken, last, whole: (await inner.get(broken))! };
  }

  it.each([
    ["a segment is missing", undefined, "WF_DATA_CORRUPT"],
    ["a segment is damaged", bytes("garbage, and no segment"), "WF_DATA_CORRUPT"],
    [
      "a newer version of wf wrote a segment",
      encodeFrame({ magic: "wfsg", version: 2 }, bytes("who knows")),
      "WF_LAYOUT_UNSUPPORTED",
    ],
  ])(
    "fails its reads with the object's key where %s, until that is restored",
    async (_, body, code) => {
      const { clock, inner, reader, broken, whole } = await follow();
      if (body === undefined) await inner.delete(broken);
      else await inner.put(broken, body);
      await clock.advance("11s");
      const damage = { code, key: broken };
      expect(reader.lag()).toMatchObject({
        position: { epoch: 1, slot: 1 },
        failure: { error: damage },
      });
      await expect(reader.inspect.stats("jobs")).rejects.toMatchObject(damage);
      await expect(reader.kv.get("key")).rejects.toMatchObject(damage);
      await expect(reader.refresh()).rejects.toMatchObject(damage);
      await inner.put(broken, whole);
      await clock.advance("3m");
      expect((await reader.inspect.stats("jobs")).pending).toBe(3);
      expect(reader.lag().failure).toBeUndefined();
      await reader.close();
    },
  );

  it("shows nothing of a segment that it could apply in part only", async () => {
    const { clock, inner, reader, broken, whole } = await follow();
    // A whole object, at its place, of a queue that went otherwise.
    const other = new MemoryObjectStore();
    const queue = await openQueue(other, { clock });
    await queue.enqueue("jobs", bytes("a"));
    await Promise.all([
      queue.kv.put("first", bytes("applied")),
      queue.claim("jobs"), // of a job that is none here
    ]);
    await turn();
    const wrong = await other.get(broken);
    expect(wrong).toBeDefined();
    await inner.put(broken, wrong!);
    await clock.advance("1s");
    await expect(reader.kv.get("first")).rejects.toMatchObject({
      code: "WF_DATA_CORRUPT",
      key: broken,
    });
    await inner.put(broken, whole);
    await reader.refresh();
    expect(await reader.kv.get("first")).toBeUndefined();
    expect((await reader.inspect.stats("jobs")).pending).toBe(3);
    await reader.close();
  });
});
