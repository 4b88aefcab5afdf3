import { encodeFrame } from "@wf/core/adapter";
import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, copyOf, keysOf, openQueue, pending } from "../../test-support/fixtures.ts";
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

const KEYS = await keysOf(await writeLog());
const SEGMENTS = KEYS.filter((key) => key.includes("/log/"));

describe("a damaged log", () => {
  it("has the objects that these tests are about", async () => {
    expect(KEYS).toHaveLength(2 + 4 + 4);
    expect(await pending(await openQueue(await writeLog()), "jobs")).toEqual([..."abcdef"]);
  });

  // Lost without a trace is only the newest end mark, and it ends nothing but itself.
  const LAST_SEAL = SEGMENTS.at(-1);

  it.each(SEGMENTS.filter((key) => key !== LAST_SEAL))(
    "names %s when it is missing",
    async (lost) => {
      const store = await copyOf(await writeLog(), (key, body) =>
        key === lost ? undefined : body,
      );
      for (let tries = 0; tries < 2; tries++) {
        await expect(openQueue(store)).rejects.toMatchObject({
          code: "WF_DATA_CORRUPT",
          key: lost,
          message: expect.stringContaining(lost),
        });
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
      await expect(openQueue(store)).rejects.toMatchObject({
        // A flipped version number may look like a newer layout; it is refused all the same.
        code: index === 4 ? expect.stringMatching(/CORRUPT|LAYOUT/) : "WF_DATA_CORRUPT",
        key: flipped,
      });
    }
  });

  it.each(SEGMENTS)("names %s when it is cut off anywhere", async (cut) => {
    const original = await writeLog();
    const size = ((await original.get(cut)) as Uint8Array).length;
    for (let length = 0; length < size; length++) {
      const store = await copyOf(original, (key, body) =>
        key === cut ? body.slice(0, length) : body,
      );
      await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: cut });
    }
  });

  it.each(SEGMENTS)("names %s when another object of the log is in its place", async (swapped) => {
    const original = await writeLog();
    for (const other of SEGMENTS.filter((key) => key !== swapped)) {
      const wrong = (await original.get(other)) as Uint8Array;
      const store = await copyOf(original, (key, body) => (key === swapped ? wrong : body));
      await expect(openQueue(store)).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key: swapped,
      });
    }
  });

  it("is noticed when an epoch is missing", async () => {
    const lost = KEYS[0] as string;
    const store = await copyOf(await writeLog(), (key, body) => (key === lost ? undefined : body));
    await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: lost });
  });

  it("is noticed when the newest epoch is damaged, and an older one is not needed", async () => {
    const original = await writeLog();
    const size = ((await original.get(KEYS[0] as string)) as Uint8Array).length;
    for (let index = 0; index < size; index++) {
      const flip = (epoch: number) =>
        copyOf(original, (key, body) => {
          if (key === KEYS[epoch]) body[index] = (body[index] as number) ^ (1 << (index % 8));
          return body;
        });
      await expect(openQueue(await flip(1))).rejects.toMatchObject({ key: KEYS[1] });
      expect(await pending(await openQueue(await flip(0)), "jobs")).toEqual([..."abcdef"]);
    }
  });

  it("is noticed when the newest epoch is that of another", async () => {
    const [older, newest] = KEYS as [string, string];
    const original = await writeLog();
    const wrong = (await original.get(older)) as Uint8Array;
    const store = await copyOf(original, (key, body) => (key === newest ? wrong : body));
    await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: newest });
  });

  it("is noticed when the newest epoch is missing", async () => {
    const lost = KEYS[1] as string;
    const store = await copyOf(await writeLog(), (key, body) => (key === lost ? undefined : body));
    await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: lost });
  });

  it("is refused with its own code where a newer version of wf wrote it", async () => {
    const newer = SEGMENTS[0] as string;
    const frame = encodeFrame({ magic: "wfsg", version: 2 }, bytes("who knows"));
    const store = await copyOf(await writeLog(), (key, body) => (key === newer ? frame : body));
    await expect(openQueue(store)).rejects.toMatchObject({
      code: "WF_LAYOUT_UNSUPPORTED",
      key: newer,
      message: expect.stringContaining("upgrade wf"),
    });
  });

  it("is noticed where an object lies in the log that does not belong there", async () => {
    const store = await writeLog();
    await store.put("queue/log/readme.txt", bytes("hello"));
    await expect(openQueue(store)).rejects.toMatchObject({
      code: "WF_DATA_CORRUPT",
      key: "queue/log/readme.txt",
    });
  });
});

/** As {@link writeLog}, with snapshots, of which two are kept. */
async function writeSnapshots(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const queue = await openQueue(store, { snapshotAfterBytes: 1 });
  for (const name of "abcdef") {
    await queue.enqueue("jobs", bytes(name));
    await turn();
  }
  await queue.close();
  return store;
}

const ALL_OF_SNAPSHOTS = await keysOf(await writeSnapshots(), "queue/snapshots/");
const NEWEST = ALL_OF_SNAPSHOTS.slice(2);

describe("a damaged snapshot", () => {
  it("has the objects that these tests are about", async () => {
    expect(ALL_OF_SNAPSHOTS).toHaveLength(2 + 2);
    expect(await pending(await openQueue(await writeSnapshots()), "jobs")).toEqual([..."abcdef"]);
  });

  it.each(NEWEST)("names %s when any of its bits is flipped, or it is cut off", async (key) => {
    const original = await writeSnapshots();
    const whole = (await original.get(key)) as Uint8Array;
    for (let index = 0; index < whole.length; index++) {
      const flipped = whole.slice();
      flipped[index] = (flipped[index] as number) ^ (1 << (index % 8));
      for (const body of [flipped, whole.slice(0, index)]) {
        const store = await copyOf(original, (other, stored) => (other === key ? body : stored));
        await expect(openQueue(store)).rejects.toMatchObject({
          code: expect.stringMatching(index === 4 ? /CORRUPT|LAYOUT/ : /CORRUPT/),
          key,
        });
      }
    }
  });

  it("names each object of the newest snapshot that is swapped for one of the older", async () => {
    const original = await writeSnapshots();
    for (const [index, key] of NEWEST.entries()) {
      const older = (await original.get(ALL_OF_SNAPSHOTS[index] as string)) as Uint8Array;
      const store = await copyOf(original, (other, body) => (other === key ? older : body));
      await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key });
    }
  });

  it("names a part that is missing", async () => {
    const [part] = NEWEST;
    const store = await copyOf(await writeSnapshots(), (key, body) =>
      key === part ? undefined : body,
    );
    await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key: part });
  });

  it("that is missing as a whole is made up for by the older one and the log", async () => {
    const store = await copyOf(await writeSnapshots(), (key, body) =>
      NEWEST.includes(key) ? undefined : body,
    );
    expect(await pending(await openQueue(store), "jobs")).toEqual([..."abcdef"]);
  });

  it("is noticed when every snapshot is missing and the log begins too late", async () => {
    const store = await copyOf(await writeSnapshots(), (key, body) =>
      ALL_OF_SNAPSHOTS.includes(key) ? undefined : body,
    );
    for (let tries = 0; tries < 2; tries++) {
      await expect(openQueue(store)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT" });
    }
  });
});
