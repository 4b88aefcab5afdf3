import { readFileSync } from "node:fs";
import { type ObjectStore, silentLogger } from "@wf/core";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { describe, it } from "vitest";
import {
  checkLike,
  checkPlain,
  FIRST_SEED,
  fuzz,
  type Stored,
  type Subject,
} from "../../../../core/test/fuzz/fuzz.ts";
import { keysOf } from "../../test-support/fixtures.ts";
import { readEpoch } from "../log/take-epoch.ts";
import { PayloadObjects } from "../payloads/payload-objects.ts";
import type { JobRecord } from "../state/job-record.ts";
import { decodeHeartbeat, encodeHeartbeat } from "./heartbeat-object.ts";
import {
  heartbeatKey,
  newReference,
  parseSlotKey,
  parseSnapshotKey,
  payloadsPrefix,
  trailingNumber,
} from "./keys.ts";
import type { Position } from "./position.ts";
import { decodeSlot, readOps } from "./segment.ts";
import { decodeWholeSnapshot, readSnapshotPart } from "./snapshot.ts";

/** The golden files have records of every kind. */
function stored(file: string, magic: string): Stored[] {
  const url = new URL(`./golden/${file}`, import.meta.url);
  const objects = JSON.parse(readFileSync(url, "utf8")) as Record<string, string>;
  return Object.entries(objects)
    .map(([key, hex]) => ({ key, bytes: new Uint8Array(Buffer.from(hex, "hex")) }))
    .filter(({ bytes }) => Buffer.from(bytes.subarray(0, 4)).toString() === magic);
}

const numberOf = (key: string) => trailingNumber(key) as number;
const slotOf = (key: string) => parseSlotKey("queue", key) as Position;
const snapshotOf = (key: string) =>
  (parseSnapshotKey("queue", key) as { position: Position }).position;

function readLog(key: string, bytes: Uint8Array): unknown {
  const found = decodeSlot(key, bytes, slotOf(key));
  if (found.kind === "seal") return checkPlain(found);
  const ops = [...readOps(key, found)];
  return checkPlain([found.knownSlots, ops.map((op) => ("job" in op ? plain(op.job) : op))]);
}

function readPart(key: string, bytes: Uint8Array): unknown {
  const records = [...readSnapshotPart(key, bytes, snapshotOf(key), numberOf(key))];
  return checkPlain(records.map((record) => ("job" in record ? plain(record.job) : record)));
}

/** All that is stored of a job. */
function plain(job: JobRecord): unknown {
  const { backoff, onDead, payloadReference, history } = job;
  return { ...job.toJob(), backoff, onDead, payloadReference, history };
}

/** Reads an object through what reads it from a store. */
async function inStore<T>(
  key: string,
  bytes: Uint8Array,
  read: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const store = new MemoryObjectStore();
  await store.put(key, bytes);
  return await read(store);
}

function payloadsIn(store: ObjectStore): PayloadObjects {
  const context = { clock: new MockClock(), random: seededRandom(1), logger: silentLogger };
  return new PayloadObjects({ store, ...context }, "queue");
}

async function payloads(): Promise<Stored[]> {
  const store = new MemoryObjectStore();
  const { signal } = new AbortController();
  for (const number of [1, 2, 3]) {
    const payload = new Uint8Array(number * 50).fill(number);
    await payloadsIn(store).write(newReference(7, number), payload, signal);
  }
  const keys = await keysOf(store);
  return await Promise.all(keys.map(async (key) => ({ key, bytes: (await store.get(key))! })));
}

const BEAT = { epoch: 7, count: 42, at: 1_700_000_420_000, intervalMs: 10_000 };
const OWNER = { epoch: 1, ownerId: "id", host: "name", processId: 1, openedAt: 1 };
const WHOLE = { epoch: 1, slot: 1, parts: [1], queues: [["name", 1]] };

const BEATS = [7, 8].map((epoch) => ({
  key: heartbeatKey("queue", epoch),
  bytes: encodeHeartbeat({ ...BEAT, epoch }),
}));

const SUBJECTS: readonly Subject[] = [
  {
    name: "a segment",
    stored: stored("v1-log.json", "wfsg"),
    form: "sealed",
    content: "records",
    read: readLog,
  },
  {
    name: "a seal",
    stored: stored("v1-log.json", "wfsl"),
    form: "sealed",
    content: "records",
    read: readLog,
  },
  {
    name: "a part of a snapshot",
    stored: stored("v1-snapshots.json", "wfsp"),
    form: "sealed",
    content: "records",
    read: readPart,
  },
  {
    name: "the head of a snapshot",
    stored: stored("v1-snapshots.json", "wfsw"),
    form: "sealed",
    content: "json",
    read: (key, bytes) => checkLike(decodeWholeSnapshot(key, bytes, snapshotOf(key)), WHOLE),
  },
  {
    name: "an epoch",
    stored: ["v1-log.json", "v1-owner.json"].flatMap((file) => stored(file, "wfep")),
    form: "sealed",
    content: "json",
    read: async (key, bytes) => {
      const owner = await inStore(key, bytes, (store) => readEpoch(store, "queue", numberOf(key)));
      return checkLike(owner, OWNER);
    },
  },
  {
    name: "a heartbeat",
    stored: BEATS,
    form: "sealed",
    content: "json",
    read: (key, bytes) => checkLike(decodeHeartbeat(key, bytes, numberOf(key)), BEAT),
  },
  {
    name: "a payload",
    stored: await payloads(),
    form: "sealed",
    content: "bytes",
    read: (key, bytes) => {
      const reference = key.slice(payloadsPrefix("queue").length);
      return inStore(key, bytes, (store) => payloadsIn(store).read(reference));
    },
  },
];

describe(`damage of every kind, from seed ${FIRST_SEED} on,`, () => {
  it.each(SUBJECTS)("to $name is told, or has done no harm", async (subject) => {
    await fuzz(subject, 400);
  });
});
