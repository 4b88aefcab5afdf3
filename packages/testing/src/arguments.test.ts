import { describe, expect, it } from "vitest";
import {
  BusyObjectStore,
  CountingObjectStore,
  FaultyObjectStore,
  HttpFaultProxy,
  MemoryObjectStore,
  MockClock,
  objectStoreConformance,
  queueConformance,
  runObjectStoreConformance,
  seededRandom,
  workflowConformance,
} from "./index.ts";

const NO_OBJECTS = [null, 7, "text", []];
const NO_STORES = [undefined, null, 7, {}, { put() {} }];
const NO_FUNCTIONS = [null, 7, "text", {}];
const NO_CLOCKS = [null, 7, {}, { now() {} }];

const store = new MemoryObjectStore();
const clock = new MockClock();
const runner = { describe: () => expect.unreachable(), it: () => expect.unreachable() };
const subject = { name: "subject", open: () => expect.unreachable() };

/** What is called with a value that it does not take, and how the message begins. */
const REFUSED: readonly [string, readonly unknown[], (value: never) => unknown, RegExp][] = [
  ["MockClock: startMs", [null, -1, 0.5, "0"], (v) => new MockClock(v), /^startMs is /],
  ["MockClock: options", NO_OBJECTS, (v) => new MockClock(0, v), /^options is /],
  [
    "MockClock: a misspelt option",
    [1],
    (turns) => new MockClock(0, { turns } as never),
    /^options has "turns"/,
  ],
  ["MockClock: signal", NO_FUNCTIONS, (v) => clock.sleep(1, v), /^signal is /],
  ["MemoryObjectStore: options", NO_OBJECTS, (v) => new MemoryObjectStore(v), /^options is /],
  ["MemoryObjectStore: clock", NO_CLOCKS, (v) => new MemoryObjectStore({ clock: v }), /^clock is /],
  ["CountingObjectStore: store", NO_STORES, (v) => new CountingObjectStore(v), /^store is /],
  [
    "CountingObjectStore: only",
    NO_FUNCTIONS,
    (only) => new CountingObjectStore(store, { only }),
    /^only is /,
  ],
  ["BusyObjectStore: store", NO_STORES, (v) => new BusyObjectStore(v), /^store is /],
  [
    "FaultyObjectStore: store",
    NO_STORES,
    (v) => new FaultyObjectStore(v, { clock, random: seededRandom(1) }),
    /^store is /,
  ],
  ["HttpFaultProxy: options", NO_OBJECTS, (v) => HttpFaultProxy.open(v), /^options is /],
  [
    "HttpFaultProxy: target",
    [undefined, null, 7],
    (target) => HttpFaultProxy.open({ target }),
    /^target is /,
  ],
  ["seededRandom: seed", [undefined, null, -1, 0.5, "1"], (v) => seededRandom(v), /^seed is /],
  [
    "objectStoreConformance: runner",
    NO_STORES,
    (v) => objectStoreConformance(v, subject),
    /^runner is /,
  ],
  [
    "objectStoreConformance: subject",
    NO_STORES,
    (v) => objectStoreConformance(runner, v),
    /^subject is /,
  ],
  ["queueConformance: subject", NO_STORES, (v) => queueConformance(runner, v), /^subject is /],
  [
    "workflowConformance: subject",
    NO_STORES,
    (v) => workflowConformance(runner, v),
    /^subject is /,
  ],
  [
    "workflowConformance: name",
    [undefined, 7],
    (name) => workflowConformance(runner, { ...subject, name }),
    /^subject\.name is /,
  ],
  [
    "runObjectStoreConformance: onResult",
    NO_FUNCTIONS,
    (onResult) => runObjectStoreConformance(subject, { onResult }),
    /^onResult is /,
  ],
  [
    "runObjectStoreConformance: clock",
    NO_CLOCKS,
    (v) => runObjectStoreConformance(subject, { clock: v }),
    /^clock is /,
  ],
];

describe("A bad argument is refused by its name", () => {
  it.each(REFUSED)("%s", async (_, values, call, message) => {
    for (const value of values) {
      const calling = (async () => call(value as never))();
      await expect(calling).rejects.toMatchObject({
        code: "WF_INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      });
    }
  });
});
