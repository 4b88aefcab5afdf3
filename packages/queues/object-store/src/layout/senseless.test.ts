import { encodeFrame } from "@wf/core/adapter";
import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { loadSnapshot } from "../snapshot/load-snapshot.ts";
import { JobRecord, NO_HEADERS } from "../state/job-record.ts";
import { QueueState } from "../state/queue-state.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeEpoch } from "./epoch-object.ts";
import { decodeHeartbeat } from "./heartbeat-object.ts";
import { decodeJob, decodeNewJob, encodeJob, encodeNewJob } from "./job-codec.ts";
import {
  parseSlotKey,
  parseSnapshotKey,
  snapshotPartKey,
  snapshotWholeKey,
  trailingNumber,
} from "./keys.ts";
import { decodeWholeSnapshot, encodeWholeSnapshot, SnapshotPartBuilder } from "./snapshot.ts";

const AT = { epoch: 1, slot: 2 };

function job(changes: Partial<ConstructorParameters<typeof JobRecord>[0]> = {}): JobRecord {
  return new JobRecord({
    id: "job",
    queue: "jobs",
    payload: new Uint8Array(),
    headers: NO_HEADERS,
    priority: 1,
    maxAttempts: 1,
    enqueuedAt: 1,
    runAt: undefined,
    dedupKey: undefined,
    backoff: undefined,
    onDead: undefined,
    payloadReference: undefined,
    ...changes,
  });
}

function written(write: (writer: ByteWriter) => void): ByteReader {
  const writer = new ByteWriter(Buffer.alloc(0), 0);
  write(writer);
  return new ByteReader(writer.finish());
}

/** Objects under a sound checksum whose JSON is none, or says what cannot be. */
const JSON_OBJECTS = [
  {
    magic: "wfep",
    decode: decodeEpoch,
    sound: { epoch: 1, ownerId: "", host: "", processId: 1, openedAt: 1 },
  },
  {
    magic: "wfhb",
    decode: (key: string, stored: Uint8Array) => decodeHeartbeat(key, stored, 1),
    sound: { epoch: 1, count: 1, at: 1, intervalMs: 1 },
  },
  {
    magic: "wfsw",
    decode: (key: string, stored: Uint8Array) => decodeWholeSnapshot(key, stored, AT),
    sound: { ...AT, parts: [1], queues: [["jobs", 1]] },
  },
];

describe("what makes no sense though its checksum is right", () => {
  it.each(JSON_OBJECTS)("is refused in a $magic", ({ magic, decode, sound }) => {
    const read = (json: string) => {
      return decode("the/key", encodeFrame({ magic, version: 1 }, Buffer.from(json)));
    };
    expect(read(JSON.stringify({ ...sound, added: "by a later version" }))).toMatchObject(sound);
    const refused = expect.objectContaining({ code: "WF_DATA_CORRUPT", key: "the/key" });
    for (const json of ["", "{", "null", "7", "[]", "{}"])
      expect(() => read(json)).toThrow(refused);
    for (const name of Object.keys(sound)) {
      for (const value of [undefined, null, -1, 0.5, 2 ** 53, [-1], [[1]], {}]) {
        const json = JSON.stringify({ ...sound, [name]: value });
        expect(() => read(json), json).toThrow(refused);
      }
    }
  });

  it("is refused where a number has more than 53 bits", () => {
    const most = written((writer) => writer.uint(Number.MAX_SAFE_INTEGER));
    expect(most.uint()).toBe(Number.MAX_SAFE_INTEGER);
    const more = new ByteReader(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10));
    expect(() => more.uint()).toThrow(/53 bits/);
  });

  it.each(["scheduled", "claimed", "done", "dead"] as const)(
    "is refused where a job is %s, and not since when",
    (state) => {
      const record = job();
      record.state = state;
      expect(() => decodeJob(written((writer) => encodeJob(writer, record)))).toThrow(
        `job job is ${state}, and not since when`,
      );
    },
  );

  it("is refused where a job names a payload that no payload is named", () => {
    const record = job({ payloadReference: "../epochs/1" });
    expect(() => decodeNewJob(written((writer) => encodeNewJob(writer, record)))).toThrow(
      "../epochs/1 names no payload",
    );
  });

  it("is no place in a queue where a key has a number over 53 bits", () => {
    const nines = "9".repeat(20);
    const zeros = "0".repeat(20);
    expect(trailingNumber(`queue/epochs/${nines}`)).toBeUndefined();
    expect(parseSlotKey("queue", `queue/log/${zeros}/${nines}`)).toBeUndefined();
    expect(parseSnapshotKey("queue", `queue/snapshots/${nines}-${zeros}/whole`)).toBeUndefined();
    expect(parseSlotKey("queue", `queue/log/${zeros}/${zeros}`)).toEqual({ epoch: 0, slot: 0 });
  });

  it("is refused where a snapshot has a job twice, or a part of another size than it says", async () => {
    const part = new SnapshotPartBuilder(Buffer.alloc(64));
    part.addJob(job());
    part.addJob(job());
    const body = part.finish(AT, 0);
    const key = snapshotPartKey("queue", AT, 0);
    for (const [size, problem] of [
      [body.length, /job job is there a second time/],
      [body.length + 1, new RegExp(`it has ${body.length} bytes instead of ${body.length + 1}`)],
    ] as const) {
      const store = new MemoryObjectStore();
      await store.put(key, body);
      const whole = encodeWholeSnapshot({ ...AT, parts: [size], queues: [] });
      await store.put(snapshotWholeKey("queue", AT), whole);
      const loading = loadSnapshot(store, "queue", AT, new QueueState());
      await expect(loading).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key,
        message: expect.stringMatching(problem),
      });
    }
  });
});
