import { CountingObjectStore, MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { DepartingQueue, ObjectStoreQueue, ObjectStoreQueueReader } from "./index.ts";

const NO_NUMBERS = [null, "1", 1.5, Number.NaN, Number.POSITIVE_INFINITY, -1, 10n];
const NO_DURATIONS = [null, "soon", "", -1, Number.NaN, Number.POSITIVE_INFINITY, {}];
const NO_OBJECTS = [null, 7, "text", []];
const ARGUMENT = "WF_INVALID_ARGUMENT";
const DURATION = "WF_INVALID_DURATION";

/** A field of the options, what it does not take, the code and how the message begins. */
const REFUSED: readonly [string, readonly unknown[], string, RegExp][] = [
  [
    "prefix",
    [undefined, null, 7, "", "/a", "a//b", "a\0", "x".repeat(901)],
    "WF_INVALID_KEY",
    /^prefix /,
  ],
  ["clock", [null, 7, {}, { now() {} }], ARGUMENT, /^clock .*give a Clock$/],
  ["random", [null, 7, {}], ARGUMENT, /^random is .*give a function$/],
  ["logger", [null, 7, {}, { error() {} }], ARGUMENT, /^logger .*give a Logger$/],
  ["segmentMaxBytes", [...NO_NUMBERS, 4_095, 67_108_865], ARGUMENT, / from 4096 to 67108864$/],
  ["maxWritesInFlight", [...NO_NUMBERS, 0, 65], ARGUMENT, / from 1 to 64$/],
  ["snapshotAfterBytes", [...NO_NUMBERS, 0, 2 ** 40 + 1], ARGUMENT, / from 1 to 1099511627776$/],
  ["offloadAboveBytes", [...NO_NUMBERS, 1_023, 67_108_865], ARGUMENT, / from 1024 to 67108864$/],
  [
    "pendingMaxBytes",
    [...NO_NUMBERS, 65_535, 2 ** 34 + 1],
    ARGUMENT,
    / from 65536 to 17179869184$/,
  ],
  ["heartbeat", [...NO_DURATIONS, 0, 999], DURATION, /^heartbeat is /],
  ["queues", NO_OBJECTS, ARGUMENT, /^queues is .*give an object$/],
  [
    "segmentBytes",
    [7],
    ARGUMENT,
    /^options has "segmentBytes", which is no option: .*segmentMaxBytes/,
  ],
];

/** As above, of the settings of a queue named `q`. */
const REFUSED_SETTINGS: typeof REFUSED = [
  ["maxAttempts", [...NO_NUMBERS, 0, 1_000_001], ARGUMENT, /\.maxAttempts is .* 1 to 1000000$/],
  ["priority", [...NO_NUMBERS, 2 ** 32], ARGUMENT, /\.priority is .* 0 to 4294967295$/],
  ["lease", [...NO_DURATIONS, 0, "0s"], DURATION, /\.lease is /],
  ["doneRetention", [...NO_DURATIONS, "forever"], DURATION, /\.doneRetention is /],
  ["deadRetention", [...NO_DURATIONS, "never"], DURATION, /\.deadRetention is /],
  ["backoff", NO_OBJECTS, ARGUMENT, /\.backoff is .*give an object$/],
  ["backoff", [{ base: -1 }, { base: null }], DURATION, /\.backoff\.base is /],
  ["backoff", [{ cap: "x" }], DURATION, /\.backoff\.cap is "x"/],
  ["backoff", [{ jitter: "half" }, { jitter: null }], ARGUMENT, /\.backoff\.jitter is /],
  ["backoff", [{ factor: 2 }], ARGUMENT, /\.backoff has "factor", which is no option/],
  ["retryLimit", [3], ARGUMENT, / has "retryLimit", which is no option: .*maxAttempts/],
];

async function refuses(
  open: (store: never, options: never) => Promise<unknown>,
  options: unknown,
  code: string,
  message: RegExp,
) {
  const store = new CountingObjectStore(new MemoryObjectStore());
  await expect(open(store as never, options as never)).rejects.toMatchObject({
    code,
    retry: "never",
    message: expect.stringMatching(message),
  });
  expect(store.counts.requests).toBe(0);
}

describe("Opening a queue", () => {
  it.each(REFUSED)(
    "refuses a bad %s before it asks the store",
    async (name, values, code, message) => {
      for (const value of values) {
        await refuses(ObjectStoreQueue.open, { prefix: "queue", [name]: value }, code, message);
      }
    },
  );

  it.each(REFUSED_SETTINGS)(
    "refuses a bad %s of a queue by its place",
    async (name, values, code, message) => {
      for (const value of values) {
        const options = { prefix: "queue", queues: { q: { [name]: value } } };
        await refuses(ObjectStoreQueue.open, options, code, message);
        await refuses(ObjectStoreQueue.open, options, code, /^queues\["q"\]/);
      }
    },
  );

  it("refuses a queue's name and settings that are none", async () => {
    const long = { prefix: "queue", queues: { ["q".repeat(256)]: {} } };
    await refuses(ObjectStoreQueue.open, long, "WF_INVALID_QUEUE_NAME", /256 bytes/);
    for (const value of NO_OBJECTS) {
      const options = { prefix: "queue", queues: { q: value } };
      await refuses(ObjectStoreQueue.open, options, ARGUMENT, /^queues\["q"\] is .*an object$/);
    }
  });

  it("takes every bound, and undefined for what is not given", async () => {
    await using queue = await ObjectStoreQueue.open(new MemoryObjectStore(), {
      prefix: "queue",
      clock: undefined,
      segmentMaxBytes: 4_096,
      maxWritesInFlight: 64,
      snapshotAfterBytes: 2 ** 40,
      offloadAboveBytes: 1_024,
      pendingMaxBytes: 65_536,
      heartbeat: undefined,
      queues: { "": {}, q: { maxAttempts: 1_000_000, priority: 0, lease: 1, doneRetention: 0 } },
    });
    expect(await queue.inspect.listQueues()).toEqual([]);
  });
});

describe.each([
  ["A queue", ObjectStoreQueue.open],
  ["A reader", ObjectStoreQueueReader.open],
  ["A departing queue", DepartingQueue.open],
] as const)("%s", (_, open) => {
  it("is not opened with options that are none, or on what is no store", async () => {
    for (const options of [undefined, ...NO_OBJECTS]) {
      await refuses(open as never, options, ARGUMENT, /^options is .*give an object$/);
    }
    for (const store of [undefined, null, 7, {}, { get() {}, put() {} }]) {
      await expect(open(store as never, { prefix: "queue" })).rejects.toMatchObject({
        code: ARGUMENT,
        message: expect.stringMatching(/^store is .* has no method ".*": give an ObjectStore$/),
      });
    }
  });
});
