import { MemoryObjectStore, MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { StoreError, WfError } from "../errors.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { MemoStore } from "./memo-store.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const text = (value: string) => new TextEncoder().encode(value);

function setup(store: ObjectStore = new MemoryObjectStore()) {
  const clock = new MockClock();
  const memos = new MemoStore(store, "app/memo", { clock });
  return { store, clock, memos, memo: memos.memo("run-1", 0) };
}

/** A store whose named method fails with `errors`, one a call, before it works. */
function failing(method: "put" | "get", errors: unknown[], applied = false): MemoryObjectStore {
  const store = new MemoryObjectStore();
  const original = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>;
  Object.assign(store, {
    [method]: async (...args: unknown[]) => {
      if (errors.length === 0) return await original(...args);
      if (applied) await original(...args);
      throw errors.shift();
    },
  });
  return store;
}

const unavailable = () => new StoreError("WF_STORE_UNAVAILABLE", "busy");

async function onlyKey(store: ObjectStore): Promise<string> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  expect(keys).toHaveLength(1);
  return keys[0] as string;
}

describe("Memo get and put", () => {
  it("gives back what was put, an empty value too, and undefined for what was not", async () => {
    const { memo } = setup();
    await memo.put("a", bytes(1, 2, 3));
    await memo.put("empty", bytes());
    expect(await memo.get("a")).toEqual(bytes(1, 2, 3));
    expect(await memo.get("empty")).toEqual(bytes());
    expect(await memo.get("b")).toBeUndefined();
  });

  it("keeps runs and steps apart and shares entries between instances over one store", async () => {
    const { memos, memo, store } = setup();
    await memo.put("a", bytes(1));
    expect(await memos.memo("run-1", 1).get("a")).toBeUndefined();
    expect(await memos.memo("run-2", 0).get("a")).toBeUndefined();
    expect(await new MemoStore(store, "other").memo("run-1", 0).get("a")).toBeUndefined();
    expect(await new MemoStore(store, "app/memo").memo("run-1", 0).get("a")).toEqual(bytes(1));
  });

  it("replaces an entry, so that the last of two overlapping attempts wins", async () => {
    const { memos, memo } = setup();
    await memo.put("a", bytes(1));
    await memos.memo("run-1", 0).put("a", bytes(2));
    expect(await memo.get("a")).toEqual(bytes(2));
  });

  it("stores an entry under the hash of its key", async () => {
    const { memo, store } = setup();
    await memo.put("hello", bytes(1));
    expect(await onlyKey(store)).toBe(
      "app/memo/memos/run-1/0/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    );
  });

  it("stores the name of an entry with its value, in bytes that later versions must read", async () => {
    const { memo, store } = setup();
    await memo.put("hello", bytes(1, 2));
    const stored = (await store.get(await onlyKey(store))) as Uint8Array;
    const name = "memos/run-1/0/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    const body = Buffer.from(`${name}\x01\x02`);
    expect(Buffer.from(stored).toString("hex")).toBe(`77666d650190e57db5${body.toString("hex")}`);
  });

  it("notices an entry that lies at another's key", async () => {
    const { memos, store } = setup();
    const places = [
      ["run-1", 0, "a"],
      ["run-1", 0, "b"],
      ["run-1", 1, "a"],
      ["run-2", 0, "a"],
    ] as const;
    const keys: string[] = [];
    for (const [runId, step, key] of places) {
      await memos.memo(runId, step).remember(key, () => 1);
      for await (const { key } of store.list("")) if (!keys.includes(key)) keys.push(key);
    }
    const objects = await Promise.all(keys.map((key) => store.get(key)));
    for (const [index, [runId, step, key]] of places.entries()) {
      const memo = memos.memo(runId, step);
      const stored = keys[index] as string;
      for (const other of objects.filter((_, place) => place !== index)) {
        await store.put(stored, other as Uint8Array);
        const refusal = { code: "WF_DATA_CORRUPT", key: stored };
        await expect(memo.get(key)).rejects.toMatchObject(refusal);
        await expect(memo.remember(key, () => 2)).rejects.toMatchObject(refusal);
      }
      await store.put(stored, objects[index] as Uint8Array);
      expect(await memo.remember(key, () => 2)).toBe(1);
    }
  });

  it("takes any well-formed string as a key", async () => {
    const { memo } = setup();
    const keys = ["", "/", "..", "a/b", "\0", "é", "e\u0301", "😀", " ", "x".repeat(100_000)];
    for (const [i, key] of keys.entries()) await memo.put(key, bytes(i));
    for (const [i, key] of keys.entries()) expect(await memo.get(key)).toEqual(bytes(i));
  });

  it("refuses keys and values that it could not keep apart or give back", async () => {
    const { memo, memos } = setup();
    await expect(memo.put("\ud800", bytes())).rejects.toMatchObject({ code: "WF_INVALID_KEY" });
    await expect(memo.get(7 as never)).rejects.toMatchObject({ code: "WF_INVALID_KEY" });
    await expect(memo.put("a", "text" as never)).rejects.toMatchObject({
      code: "WF_INVALID_ARGUMENT",
    });
    for (const compute of [undefined, null, "value"]) {
      const remembering = memo.remember("a", compute as never);
      await expect(remembering).rejects.toThrowError(/compute is .*give a function/);
    }
    expect(() => memos.memo("a/b", 0)).toThrowError(
      expect.objectContaining({ code: "WF_INVALID_RUN_ID" }),
    );
    for (const step of [-1, 0.5, Number.NaN]) {
      expect(() => memos.memo("run", step)).toThrowError(/stepNumber is .*whole number/);
    }
    for (const prefix of ["", "/a", "a/", "a//b", "a b", "x".repeat(201)]) {
      expect(() => new MemoStore(new MemoryObjectStore(), prefix)).toThrowError(
        expect.objectContaining({ code: "WF_INVALID_KEY" }),
      );
    }
  });

  it("reports a damaged entry and never gives a wrong value", async () => {
    const { memo, store } = setup();
    await memo.put("a", bytes(1, 2, 3));
    const key = await onlyKey(store);
    const stored = (await store.get(key)) as Uint8Array;
    for (let i = 0; i < stored.length; i++) {
      const damaged = stored.slice();
      damaged[i] = (damaged[i] as number) ^ 0x40;
      await store.put(key, damaged);
      await expect(memo.get("a")).rejects.toThrowError(StoreError);
    }
    await store.put(key, stored.subarray(0, -1));
    await expect(memo.get("a")).rejects.toMatchObject({ code: "WF_DATA_CORRUPT", key });
  });
});

describe("Memo when the store fails", () => {
  it("tries a write again, since its value was paid for", async () => {
    const store = failing("put", [unavailable(), unavailable(), new Error("socket hang up")]);
    const { memo, clock } = setup(store);
    const writing = memo.put("a", bytes(1));
    await clock.advance("3s");
    await writing;
    expect(await memo.get("a")).toEqual(bytes(1));
  });

  it("surfaces a lasting failure as a StoreError that is not permanent", async () => {
    const { memo, clock } = setup(failing("put", Array.from({ length: 9 }, unavailable)));
    const writing = expect(memo.put("a", bytes(1))).rejects.toMatchObject({
      code: "WF_STORE_UNAVAILABLE",
      retry: "safe",
    });
    await clock.advance("1m");
    await writing;
  });

  it("wraps what a foreign store throws", async () => {
    const cause = new TypeError("fetch failed");
    const { memo } = setup(failing("get", [cause, "oops"]));
    const reading = memo.get("a");
    await expect(reading).rejects.toThrowError(StoreError);
    await expect(reading).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE", cause });
    await expect(memo.get("a")).rejects.toMatchObject({ retry: "safe", cause: "oops" });
    const always = setup(failing("put", Array(9).fill(cause)));
    const writing = expect(always.memo.put("a", bytes())).rejects.toMatchObject({
      code: "WF_STORE_OUTCOME_UNKNOWN",
      cause,
    });
    await always.clock.advance("1m");
    await writing;
  });

  it("does not try again what the store refuses for good", async () => {
    const { memo } = setup(failing("put", [new StoreError("WF_STORE_UNSUPPORTED", "no")]));
    await expect(memo.put("a", bytes())).rejects.toMatchObject({ code: "WF_STORE_UNSUPPORTED" });
  });
});

describe("Memo.remember", () => {
  it("computes once and gives the stored value ever after", async () => {
    const { memo, memos } = setup();
    let calls = 0;
    const compute = async () => ({ answer: 42, call: ++calls });
    expect(await memo.remember("a", compute)).toEqual({ answer: 42, call: 1 });
    expect(await memo.remember("a", compute)).toEqual({ answer: 42, call: 1 });
    expect(await memos.memo("run-1", 0).remember("a", compute)).toEqual({ answer: 42, call: 1 });
    expect(await memos.memo("run-1", 1).remember("a", compute)).toMatchObject({ call: 2 });
  });

  it("gives the decoded stored form the first time as well", async () => {
    const { memo } = setup();
    const values: [unknown, unknown][] = [
      [new globalThis.Date(0), "1970-01-01T00:00:00.000Z"],
      [{ a: undefined, b: Number.NaN }, { b: null }],
      [undefined, undefined],
      [null, null],
      ["", ""],
      [0, 0],
      [false, false],
    ];
    for (const [i, [value, stored]] of values.entries()) {
      expect(await memo.remember(`${i}`, () => value)).toEqual(stored);
      expect(await memo.remember(`${i}`, () => expect.unreachable())).toEqual(stored);
    }
  });

  it("gives two overlapping attempts the value of the first to store", async () => {
    const { memos } = setup();
    const attempts = ["first", "second"].map((value) =>
      memos.memo("run-1", 0).remember("a", async () => value),
    );
    const [one, two] = await Promise.all(attempts);
    expect(one).toBe(two);
    // The control: with get and put, both have computed, and each goes on with its own value.
    const put = async (value: string) => {
      const memo = memos.memo("run-2", 0);
      const stored = await memo.get("a");
      if (stored === undefined) await memo.put("a", text(value));
      return stored ?? text(value);
    };
    expect(await Promise.all([put("first"), put("second")])).toEqual([
      text("first"),
      text("second"),
    ]);
  });

  it("computes once for calls that overlap in one Memo, and hands out separate values", async () => {
    const { memo } = setup();
    let calls = 0;
    const compute = async () => ({ call: ++calls });
    const [one, two] = await Promise.all([
      memo.remember("a", compute),
      memo.remember("a", compute),
    ]);
    expect(calls).toBe(1);
    expect(one).toEqual(two);
    expect(one).not.toBe(two);
  });

  it("does not store a failure; the next call computes again", async () => {
    const { memo } = setup();
    const failure = new Error("over capacity");
    const failingCalls = [1, 2].map(() => memo.remember("a", () => Promise.reject(failure)));
    for (const call of failingCalls) await expect(call).rejects.toBe(failure);
    const thrower = () => {
      throw failure;
    };
    await expect(memo.remember("a", thrower)).rejects.toBe(failure);
    expect(await memo.remember("a", () => 1)).toBe(1);
  });

  it("names the key of a result that JSON cannot hold, and stores nothing", async () => {
    const { memo } = setup();
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const result of [cyclic, 1n, Symbol("x"), () => 1]) {
      await expect(memo.remember("my key", () => result)).rejects.toMatchObject({
        code: "WF_NOT_SERIALIZABLE",
        message: expect.stringContaining('"my key"'),
      });
    }
    expect(await memo.get("my key")).toBeUndefined();
  });

  it("does not pay twice when the answer to the write is lost", async () => {
    const lost = new StoreError("WF_STORE_OUTCOME_UNKNOWN", "reset");
    const { memo, clock } = setup(failing("put", [lost], true));
    let calls = 0;
    const remembered = memo.remember("a", () => ++calls);
    await clock.advance("3s");
    expect(await remembered).toBe(1);
    expect(calls).toBe(1);
  });

  it("says so when an entry of put is read as a remembered one", async () => {
    const { memo } = setup();
    await memo.put("a", text("no json"));
    await expect(memo.remember("a", () => 1)).rejects.toMatchObject({ code: "WF_DATA_CORRUPT" });
  });
});

describe("Memo by content", () => {
  it("finds an entry by an equal input, whatever the order of its keys", async () => {
    const { memo } = setup();
    await memo.contentPut({ model: "m", prompt: { b: [1, 2], a: bytes(7) } }, bytes(1));
    expect(await memo.contentGet({ prompt: { a: bytes(7), b: [1, 2] }, model: "m" })).toEqual(
      bytes(1),
    );
    expect(await memo.contentGet({ model: "m", prompt: { b: [2, 1], a: bytes(7) } })).toBe(
      undefined,
    );
  });

  it("refuses an input that has no faithful encoding, as a permanent error", async () => {
    const { memo } = setup();
    const reading = memo.contentGet(new Map());
    await expect(reading).rejects.toThrowError(WfError);
    await expect(reading).rejects.toMatchObject({ code: "WF_NOT_SERIALIZABLE", retry: "never" });
    await expect(memo.contentPut(new globalThis.Date(0), bytes())).rejects.toMatchObject({
      retry: "never",
    });
  });
});
