import {
  type Clock,
  createObject,
  type ListOptions,
  type ObjectStore,
  type PutOptions,
  StoreError,
  WfError,
} from "@wf/core";
import { checkListing, checkPut } from "@wf/core/adapter";
import { describe, expect, it } from "vitest";
import { keysOf } from "../conformance/object-store/object-store-case.ts";
import { objectStoreConformance } from "../conformance/object-store-conformance.ts";
import { MemoryObjectStore } from "../memory-object-store.ts";
import { MockClock } from "../mock-clock.ts";
import { seededRandom } from "../seeded-random.ts";
import type { Fault, FaultRule } from "./fault-rules.ts";
import { FaultyObjectStore } from "./faulty-object-store.ts";
import type { FaultyObjectStoreOptions } from "./faulty-options.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function setUp(options: Partial<FaultyObjectStoreOptions> = {}) {
  const clock = new MockClock(0);
  const inner = new MemoryObjectStore({ clock });
  const store = new FaultyObjectStore(inner, { clock, random: seededRandom(1), ...options });
  return { clock, inner, store };
}

const always = (fault: Fault, rule: Partial<FaultRule> = {}): FaultRule[] => [
  { probability: 1, fault, ...rule },
];

/** What has become of a promise by now: its value, the code of its error, or "pending". */
async function fate(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    (value) => value ?? "done",
    (error) => (WfError.is(error) ? error.code : error),
  );
  for (let turn = 0; turn < 4; turn++) await new Promise((done) => setImmediate(done));
  return Promise.race([settled, Promise.resolve("pending")]);
}

/** Time passes by itself, a turn of the event loop for each sleep. */
function hastyClock(): Clock {
  let now = 0;
  return {
    now: () => now++,
    async sleep() {
      await new Promise((done) => setImmediate(done));
    },
  };
}

/** What a careful caller does: tries again after what may pass, and looks whose object it is that exists. */
class PatientStore implements ObjectStore {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    const { signal } = options;
    return again(async () => {
      if (!options.ifAbsent) return this.#store.put(key, body, options);
      const { created } = await createObject(this.#store, key, body, { signal });
      if (!created) throw new StoreError("WF_STORE_ALREADY_EXISTS", key);
    });
  }

  get(...args: Parameters<ObjectStore["get"]>) {
    return again(() => this.#store.get(...args));
  }

  delete(...args: Parameters<ObjectStore["delete"]>) {
    return again(() => this.#store.delete(...args));
  }

  async *list(prefix: string, options: ListOptions = {}) {
    checkListing(prefix, options);
    const { startAfter, signal } = options;
    let after = startAfter;
    for (let isWhole = false; !isWhole; ) {
      try {
        for await (const meta of this.#store.list(prefix, { startAfter: after, signal })) {
          yield meta;
          after = meta.key;
        }
        isWhole = true;
      } catch (error) {
        if (!WfError.is(error) || error.retry === "never") throw error;
      }
    }
  }
}

async function again<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!WfError.is(error) || error.retry === "never") throw error;
    }
  }
}

const FAULTS: FaultRule[] = [
  { probability: 0.1, fault: { kind: "unavailable" } },
  { probability: 0.1, fault: { kind: "lost_answer" } },
];

/** Without faults, with delays, and, as far as the contract lets a caller mend it, with faults as well. */
const SUBJECTS = [
  { name: "FaultyObjectStore without faults", options: {} },
  { name: "FaultyObjectStore with delays", options: { delay: { min: 0, max: 20 } } },
  {
    name: "FaultyObjectStore behind a caller that tries again",
    options: { delay: { min: 0, max: 5 }, listPageSize: 7, rules: FAULTS },
    isPatient: true,
  },
];

for (const { name, options, isPatient } of SUBJECTS) {
  const open = () => {
    const store = new FaultyObjectStore(new MemoryObjectStore(), {
      clock: hastyClock(),
      random: seededRandom(3),
      ...options,
    });
    return { store: isPatient ? new PatientStore(store) : store };
  };
  objectStoreConformance(
    { describe, it },
    { name, isLocal: true, open, largeBodyBytes: 1_048_576 },
  );
}

describe("a delay", () => {
  it("of each operation is within its bounds, to the millisecond", async () => {
    const { store, clock } = setUp({
      delay: { put: { min: 10, max: 10 }, get: { min: 5, max: 5 } },
    });
    const put = store.put("key", bytes("x"));
    await clock.advance(9);
    expect(await fate(put)).toBe("pending");
    await clock.advance(1);
    expect(await fate(put)).toBe("done");
    const got = store.get("key");
    await clock.advance(5);
    expect(await fate(got)).toEqual(bytes("x"));
    expect(await fate(store.delete("key"))).toBe("done");
  });

  it("is drawn from its whole range", async () => {
    const { store, clock } = setUp({ delay: { min: 2, max: 4 } });
    const took = new Set<number>();
    for (let count = 0; count < 40; count++) {
      const askedAt = clock.now();
      let answeredAt = 0;
      void store.get("key").then(() => {
        answeredAt = clock.now();
      });
      await clock.advance(10);
      took.add(answeredAt - askedAt);
    }
    expect([...took].sort()).toEqual([2, 3, 4]);
  });

  it("lets writes overtake one another, which do not without", async () => {
    const orderOf = async (options: Partial<FaultyObjectStoreOptions>) => {
      const { store, inner, clock } = setUp(options);
      const puts = Array.from({ length: 20 }, (_, i) => store.put("last", bytes(`${i}`)));
      await clock.advance(100);
      await Promise.all(puts);
      return new TextDecoder().decode(await inner.get("last"));
    };
    expect(await orderOf({})).toBe("19");
    expect(await orderOf({ delay: { min: 1, max: 50 } })).not.toBe("19");
  });

  it("grows by what a slow rule adds", async () => {
    const rules = always({ kind: "slow", min: "1s", max: "1s" }, { keys: "log/" });
    const { store, clock } = setUp({ rules });
    const slow = store.put("log/1", bytes("x"));
    expect(await fate(store.put("other", bytes("x")))).toBe("done");
    await clock.advance(999);
    expect(await fate(slow)).toBe("pending");
    await clock.advance(1);
    expect(await fate(slow)).toBe("done");
  });
});

describe("a failing request", () => {
  it("that is unavailable was not done", async () => {
    const { store, inner } = setUp({ rules: always({ kind: "unavailable" }) });
    expect(await fate(store.put("key", bytes("x")))).toBe("WF_STORE_UNAVAILABLE");
    expect(await keysOf(inner, "")).toEqual([]);
  });

  it("whose answer is lost was done, and a create tried again finds its own", async () => {
    let failures = 0;
    const random = () => (failures++ === 0 ? 0 : 0.9);
    const rules: FaultRule[] = [{ probability: 0.5, fault: { kind: "lost_answer" } }];
    const { store, inner } = setUp({ rules, random });
    expect(await fate(createObject(store, "key", bytes("x")))).toBe("WF_STORE_OUTCOME_UNKNOWN");
    expect(await inner.get("key")).toEqual(bytes("x"));
    expect(await createObject(store, "key", bytes("x"))).toEqual({ created: true });
  });

  it("that is late is done after its caller was told that it may have been", async () => {
    const { store, inner, clock } = setUp({
      rules: always({ kind: "late", min: "9s", max: "9s" }),
    });
    const body = bytes("old");
    expect(await fate(store.put("key", body))).toBe("WF_STORE_OUTCOME_UNKNOWN");
    body.fill(0); // its caller has given it up
    await clock.advance("8s");
    expect(await inner.get("key")).toBeUndefined();
    await clock.advance("1s");
    expect(await inner.get("key")).toEqual(bytes("old"));
  });

  it.each<Fault>([{ kind: "lost_answer" }, { kind: "late", min: 1, max: 1 }])(
    "is just unavailable where it reads ($kind)",
    async (fault) => {
      const { store } = setUp({ rules: always(fault) });
      expect(await fate(store.get("key"))).toBe("WF_STORE_UNAVAILABLE");
      expect(await fate(keysOf(store, ""))).toBe("WF_STORE_UNAVAILABLE");
    },
  );

  it("throttles the others that its rule is for, for as long as it says", async () => {
    let draws = 0;
    const random = () => (draws++ === 0 ? 0 : 0.9);
    const rule = {
      on: "put",
      probability: 0.5,
      fault: { kind: "throttled", lasts: "2s" },
    } as const;
    const { store, clock } = setUp({ rules: [rule], random });
    expect(await fate(store.put("a", bytes("")))).toBe("WF_STORE_UNAVAILABLE");
    expect(await fate(store.put("b", bytes("")))).toBe("WF_STORE_UNAVAILABLE");
    expect(await fate(store.delete("b"))).toBe("done");
    await clock.advance("2s");
    expect(await fate(store.put("b", bytes("")))).toBe("done");
  });

  it.each(["by a rule", "by hand"])("can be everything for a while (%s)", async (how) => {
    let draws = 0;
    const random = () => (draws++ === 0 ? 0 : 0.9);
    const rule = { probability: 0.5, fault: { kind: "outage", lasts: "2s" } } as const;
    const { store, clock } = setUp({ rules: how === "by a rule" ? [rule] : [], random });
    if (how === "by hand") store.outage("2s");
    for (let count = 0; count < 3; count++) {
      expect(await fate(store.put("a", bytes("")))).toBe("WF_STORE_UNAVAILABLE");
      expect(await fate(store.get("a"))).toBe("WF_STORE_UNAVAILABLE");
      expect(await fate(store.delete("a"))).toBe("WF_STORE_UNAVAILABLE");
      expect(await fate(keysOf(store, ""))).toBe("WF_STORE_UNAVAILABLE");
    }
    await clock.advance("2s");
    expect(await fate(store.put("a", bytes("")))).toBe("done");
  });

  it.each<[string, Partial<FaultRule>, string]>([
    ["every request", {}, "put a,put b,get a,delete b,list "],
    ["one operation", { on: "get" }, "get a"],
    ["several operations", { on: ["put", "list"] }, "put a,put b,list "],
    ["a prefix of keys", { keys: "b" }, "put b,delete b"],
    ["a pattern of keys", { keys: /^[ac]$/ }, "put a,get a"],
    ["both", { on: ["put", "get"], keys: "b" }, "put b"],
  ])("is what a rule is for: %s", async (_, rule, expected) => {
    const { store } = setUp({ rules: always({ kind: "unavailable" }, rule) });
    const calls: [string, () => Promise<unknown>][] = [
      ["put a", () => store.put("a", bytes(""))],
      ["put b", () => store.put("b", bytes(""))],
      ["get a", () => store.get("a")],
      ["delete b", () => store.delete(["x", "b"])],
      ["list ", () => keysOf(store, "")],
    ];
    const failed: string[] = [];
    for (const [name, call] of calls) {
      if ((await fate(call())) === "WF_STORE_UNAVAILABLE") failed.push(name);
    }
    expect(failed.join()).toBe(expected);
  });

  it("may be a listing on its way from one page to the next", async () => {
    let draws = 0;
    const random = () => (++draws === 3 ? 0 : 0.9); // a rule and a delay a page
    const rules: FaultRule[] = [{ on: "list", probability: 0.5, fault: { kind: "unavailable" } }];
    const { store, inner } = setUp({ rules, random, listPageSize: 2 });
    for (const key of ["a", "b", "c"]) await inner.put(key, bytes(""));
    const seen: string[] = [];
    const listing = (async () => {
      for await (const { key } of store.list("")) seen.push(key);
    })();
    expect(await fate(listing)).toBe("WF_STORE_UNAVAILABLE");
    expect(seen).toEqual(["a", "b"]);
  });

  it("may be a delete that was done in part, the first keys of it", async () => {
    const left = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const rules = always({ kind: "lost_answer" }, { on: "delete" });
      const { store, inner } = setUp({ rules, random: seededRandom(seed) });
      for (const key of ["a", "b", "c"]) await store.put(key, bytes(""));
      await store.delete(["a", "b", "c"]).catch(() => {});
      left.add((await keysOf(inner, "")).join(""));
    }
    expect([...left].sort()).toEqual(["", "abc", "bc", "c"]);
  });
});

describe("an aborted request", () => {
  it("fails at once, and of those under way some are done all the same", async () => {
    const { store, inner, clock } = setUp({ delay: { min: "10s", max: "10s" } });
    const reason = new Error("enough");
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const puts = controllers.map(({ signal }, i) => store.put(`${i}`, bytes(""), { signal }));
    const fates = puts.map(fate);
    for (const controller of controllers) controller.abort(reason);
    for (const end of await Promise.all(fates)) expect(end).toBe(reason);
    await clock.advance("10s");
    const landed = (await keysOf(inner, "")).length;
    expect(landed).toBeGreaterThan(0);
    expect(landed).toBeLessThan(20);
  });
});

describe("a crash", () => {
  it("lets no call settle, of before or after, and nothing new reach the store", async () => {
    const { store, inner, clock } = setUp({ delay: { min: 5, max: 5 }, landsAfterCrash: 0 });
    const before = [
      store.put("a", bytes("")),
      store.get("a"),
      store.delete("a"),
      keysOf(store, ""),
    ];
    store.crash();
    expect(store.crashed).toBe(true);
    const after = [store.put("b", bytes("")), store.get("b"), store.delete("b"), keysOf(store, "")];
    await clock.advance("1m");
    for (const call of [...before, ...after]) expect(await fate(call)).toBe("pending");
    expect(await keysOf(inner, "")).toEqual([]);
    expect(clock.pendingSleepers).toBe(0);
  });

  it("leaves the writes under way to the seed, each at its own time", async () => {
    const { store, inner, clock } = setUp({ delay: { min: 0, max: 1_000 } });
    for (let i = 0; i < 40; i++) void store.put(`${i}`, bytes(""));
    await clock.advance(100);
    const atCrash = (await keysOf(inner, "")).length;
    store.crash();
    await clock.advance(100);
    const soon = (await keysOf(inner, "")).length;
    await clock.advance("1s");
    const atLast = (await keysOf(inner, "")).length;
    expect(atCrash).toBeLessThan(soon);
    expect(soon).toBeLessThan(atLast);
    expect(atLast).toBeLessThan(40);
  });

  it.each([
    [0, []],
    [1, ["key"]],
  ])(
    "with landsAfterCrash %d leaves them to nobody's choice",
    async (landsAfterCrash, expected) => {
      const { store, inner, clock } = setUp({ delay: { min: 5, max: 5 }, landsAfterCrash });
      void store.put("key", bytes(""));
      store.crash();
      await clock.advance("1s");
      expect(await keysOf(inner, "")).toEqual(expected);
    },
  );

  it("comes at a write where a rule says so", async () => {
    const rules = always({ kind: "crash" }, { on: "put", keys: "log/" });
    const { store, inner } = setUp({ rules, landsAfterCrash: 1 });
    expect(await fate(store.put("other", bytes("")))).toBe("done");
    expect(await fate(store.put("log/1", bytes("")))).toBe("pending");
    expect(store.crashed).toBe(true);
    expect(await keysOf(inner, "")).toEqual(["log/1", "other"]);
  });

  it("can reject instead, with WF_STORE_UNAVAILABLE", async () => {
    const { store } = setUp({ delay: { min: 5, max: 5 }, afterCrash: "reject" });
    const before = store.get("key");
    store.crash();
    store.crash();
    expect(await fate(before)).toBe("WF_STORE_UNAVAILABLE");
    expect(await fate(store.put("key", bytes("")))).toBe("WF_STORE_UNAVAILABLE");
  });
});

describe("the trace", () => {
  const live = async (seed: number) => {
    const rules: FaultRule[] = [
      { probability: 0.2, fault: { kind: "lost_answer" } },
      { probability: 0.2, fault: { kind: "late", min: 1, max: 900 } },
    ];
    const { store, clock } = setUp({
      random: seededRandom(seed),
      rules,
      delay: { min: 1, max: 99 },
    });
    for (let i = 0; i < 30; i++) store.put(`${i}`, bytes("")).catch(() => {});
    await clock.advance(50);
    store.crash();
    await clock.advance("1m");
    return store.trace;
  };

  it("is the same for the same seed, and another for another", async () => {
    expect(await live(7)).toEqual(await live(7));
    expect(await live(7)).not.toEqual(await live(8));
  });

  it("tells what became of each request", async () => {
    const { store, clock } = setUp({
      rules: always({ kind: "lost_answer" }, { keys: "b" }),
      delay: { put: { min: 4, max: 4 } },
    });
    const put = store.put("a", bytes(""));
    await clock.advance(4);
    await put;
    await fate(store.delete("b"));
    expect(store.trace.map(({ request, event }) => `${request} ${event}`)).toEqual([
      "1 asked",
      "1 done",
      "1 answered",
      "2 asked",
      "2 done",
      "2 failed",
    ]);
    expect(store.trace[0]).toEqual({
      at: 0,
      request: 1,
      event: "asked",
      operation: "put",
      key: "a",
    });
    expect(store.trace[3]).toMatchObject({ at: 4, key: "b", fault: "lost_answer" });
    expect(store.trace.at(-1)).toMatchObject({ code: "WF_STORE_OUTCOME_UNKNOWN" });
  });

  it("keeps at least the newest entries that it was told to keep, and none with 0", async () => {
    const few = setUp({ traceMaxEntries: 5 });
    const none = setUp({ traceMaxEntries: 0 });
    for (let i = 0; i < 100; i++) {
      await few.store.get(`${i}`);
      await none.store.get(`${i}`);
    }
    expect(few.store.trace.length).toBeLessThan(10);
    expect(few.store.trace.at(-1)).toMatchObject({ request: 100, event: "answered" });
    expect(none.store.trace).toEqual([]);
  });
});

describe("bad options are refused with the field, its value and what is allowed", () => {
  const slow = { kind: "slow", min: 2, max: 1 } as const;
  it.each<[string, object, RegExp]>([
    [
      "no clock",
      { clock: undefined },
      /^clock is undefined and has no method "now": give a Clock$/,
    ],
    ["no random", { random: 7 }, /^random is 7: give a function$/],
    ["a misspelt name", { delays: {} }, /^options has "delays", which is no option/],
    ["a delay that is none", { delay: 7 }, /^delay is 7: give an object$/],
    ["rules that are none", { rules: {} }, /^rules is \[object Object\]: give an array$/],
    ["a rule that is none", { rules: [null] }, /^rules\[0\] is null: give an object$/],
    ["a misspelt rule", { rules: [{ probabilty: 1 }] }, /^rules\[0\] has "probabilty"/],
    ["a delay upside down", { delay: { min: 5, max: 4 } }, /^delay\.max is 4: give delay\.min/],
    ["a delay below 0", { delay: { put: { min: -1, max: 4 } } }, /^delay\.put\.min is -1: give/],
    ["a delay of nothing", { delay: { head: { min: 1, max: 1 } } }, /operation of delay is "head"/],
    ["a page of 0", { listPageSize: 0 }, /^listPageSize is 0: give a whole number from 1 to 1000$/],
    ["a share over 1", { landsAfterCrash: 1.1 }, /^landsAfterCrash is 1\.1: give a number from 0/],
    ["an unknown end", { afterCrash: "burn" }, /^afterCrash is "burn": give hang, reject$/],
    ["a long trace", { traceMaxEntries: 1e9 }, /^traceMaxEntries is 1000000000: give a whole/],
    ["a probability", { rules: [{ probability: -1 }] }, /^rules\[0\]\.probability is -1: give/],
    ["NaN", { rules: [{ probability: Number.NaN }] }, /^rules\[0\]\.probability is NaN: give/],
    ["an operation", { rules: always(slow, { on: "head" as never }) }, /^rules\[0\]\.on is "head"/],
    ["a flag g", { rules: always(slow, { keys: /a/g }) }, /^rules\[0\]\.keys is \/a\/g: give/],
    ["a range", { rules: always(slow) }, /^rules\[0\]\.fault\.max is 1: give .*which is 2$/],
    ["no fault", { rules: [{ probability: 1 }] }, /^rules\[0\]\.fault\.kind is undefined: give/],
    [
      "a duration",
      { rules: always({ kind: "outage", lasts: "soon" as never }) },
      /^rules\[0\]\.fault\.lasts is "soon": give/,
    ],
  ])("%s", (_, options, message) => {
    const open = () => setUp(options as Partial<FaultyObjectStoreOptions>);
    expect(open).toThrow(message);
    expect(open).toThrow(WfError);
  });
});
