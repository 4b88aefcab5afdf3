import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import type { ObjectMeta, ObjectStore } from "../store/object-store.ts";
import { MemoStore, type TerminalMarker } from "./memo-store.ts";

const VALUE = new Uint8Array([1]);

async function markers(memos: MemoStore, expiredBefore?: number): Promise<TerminalMarker[]> {
  const found: TerminalMarker[] = [];
  for await (const marker of memos.listTerminalMarkers({ expiredBefore })) found.push(marker);
  return found;
}

/** Counts the entries that are drawn from listings, and keeps the sizes of deletes. */
class CountingStore extends MemoryObjectStore {
  listed = 0;
  readonly deletes: number[] = [];

  override async *list(...args: Parameters<ObjectStore["list"]>): AsyncGenerator<ObjectMeta> {
    for await (const meta of super.list(...args)) {
      this.listed++;
      yield meta;
    }
  }

  override async delete(...args: Parameters<ObjectStore["delete"]>): Promise<void> {
    this.deletes.push(typeof args[0] === "string" ? 1 : args[0].length);
    await super.delete(...args);
  }
}

describe("MemoStore.clearRun", () => {
  it("removes exactly the entries of that run and returns their number", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    for (const runId of ["a", "ab", "a-b", "b"]) {
      await memos.memo(runId, 0).put("x", VALUE);
      await memos.memo(runId, 12).put("y", VALUE);
    }
    await memos.writeTerminalMarker("a", 1);
    expect(await memos.clearRun("a")).toBe(2);
    expect(await memos.clearRun("a")).toBe(0);
    expect(await memos.memo("a", 0).get("x")).toBeUndefined();
    for (const runId of ["ab", "a-b", "b"]) {
      expect(await memos.memo(runId, 12).get("y")).toEqual(VALUE);
    }
    expect(await markers(memos)).toHaveLength(1);
  });

  it("removes many entries in batches of at most 1000", async () => {
    const store = new CountingStore();
    const memos = new MemoStore(store, "memo");
    const memo = memos.memo("a", 0);
    for (let i = 0; i < 2_001; i++) await memo.put(`${i}`, VALUE);
    expect(await memos.clearRun("a")).toBe(2_001);
    expect(store.deletes).toEqual([1_000, 1_000, 1]);
  });

  it("is not made of what is no store, or with options that are none", () => {
    const refused: [unknown, unknown, RegExp][] = [
      [{}, {}, /^store .*"put": give an ObjectStore$/],
      [new MemoryObjectStore(), null, /^options is null/],
      [
        new MemoryObjectStore(),
        { clok: 1 },
        /^options has "clok", which is no option: there are clock$/,
      ],
      [new MemoryObjectStore(), { clock: {} }, /^clock .*"now"/],
    ];
    for (const [store, options, message] of refused) {
      expect(() => new MemoStore(store as never, "memo", options as never)).toThrowError(
        expect.objectContaining({
          code: "WF_INVALID_ARGUMENT",
          message: expect.stringMatching(message),
        }),
      );
    }
  });

  it("lists no markers for a time that is none", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    for (const expiredBefore of [null, Number.NaN, "1"]) {
      const listing = markers(memos, expiredBefore as never);
      await expect(listing).rejects.toMatchObject({ code: "WF_INVALID_ARGUMENT" });
    }
  });

  it("refuses what is no run id, since it could name another run's entries", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    for (const runId of ["", "a/0", "..", "a b", "x".repeat(129)]) {
      await expect(memos.clearRun(runId)).rejects.toMatchObject({ code: "WF_INVALID_RUN_ID" });
    }
  });
});

describe("Terminal markers", () => {
  it("are listed oldest first, whatever the number of digits", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    await memos.writeTerminalMarker("late", 1_700_000_000_000);
    await memos.writeTerminalMarker("b", 9);
    await memos.writeTerminalMarker("a", 10);
    await memos.writeTerminalMarker("b", 9);
    expect(await markers(memos)).toEqual([
      { runId: "b", terminatedAt: 9 },
      { runId: "a", terminatedAt: 10 },
      { runId: "late", terminatedAt: 1_700_000_000_000 },
    ]);
  });

  it("are stored under their time and run id", async () => {
    const store = new MemoryObjectStore();
    await new MemoStore(store, "memo").writeTerminalMarker("run-1", 1_700_000_000_000);
    expect(await store.get("memo/terminals/00000001700000000000/run-1")).toBeDefined();
  });

  it("have expired only when strictly older", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    for (const at of [9, 10, 11]) await memos.writeTerminalMarker("a", at);
    expect((await markers(memos, 10)).map((marker) => marker.terminatedAt)).toEqual([9]);
  });

  it("are listed no further than needed", async () => {
    const store = new CountingStore();
    const memos = new MemoStore(store, "memo");
    for (let i = 0; i < 1_000; i++) await memos.writeTerminalMarker(`run-${i}`, i);
    expect(await markers(memos, 5)).toHaveLength(5);
    expect(store.listed).toBe(6);
  });

  it("are deleted one by one, a missing one without an error", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    await memos.writeTerminalMarker("a", 1);
    await memos.writeTerminalMarker("a", 2);
    const [first] = await markers(memos);
    await memos.deleteTerminalMarker(first as TerminalMarker);
    await memos.deleteTerminalMarker(first as TerminalMarker);
    expect(await markers(memos)).toEqual([{ runId: "a", terminatedAt: 2 }]);
  });

  it("take a run id and a whole time from 0", async () => {
    const memos = new MemoStore(new MemoryObjectStore(), "memo");
    await expect(memos.writeTerminalMarker("a/b", 1)).rejects.toMatchObject({
      code: "WF_INVALID_RUN_ID",
    });
    for (const at of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(memos.writeTerminalMarker("a", at)).rejects.toMatchObject({
        code: "WF_INVALID_ARGUMENT",
      });
    }
  });

  it.each(["notes.txt", `${"9".repeat(20)}/run`, `${"0".repeat(20)}/a.b`])(
    "are not confused with a foreign object among them (%s)",
    async (name) => {
      const store = new MemoryObjectStore();
      await store.put(`memo/terminals/${name}`, VALUE);
      await expect(markers(new MemoStore(store, "memo"))).rejects.toMatchObject({
        code: "WF_DATA_CORRUPT",
        key: `memo/terminals/${name}`,
      });
    },
  );
});
