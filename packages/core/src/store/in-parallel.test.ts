import { describe, expect, it } from "vitest";
import { batchesOf, inParallel } from "./in-parallel.ts";

/** Acts that end when they are told to. */
function heldActs() {
  const begun: number[] = [];
  const held = new Map<number, PromiseWithResolvers<void>>();
  return {
    begun,
    act(item: number): Promise<void> {
      begun.push(item);
      const ends = Promise.withResolvers<void>();
      held.set(item, ends);
      return ends.promise;
    },
    end: (item: number) => held.get(item)?.resolve(),
    fail: (item: number, reason: unknown) => held.get(item)?.reject(reason),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("batchesOf", () => {
  it("keeps the order, and fills all batches but the last", () => {
    expect(batchesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(batchesOf([1, 2], 2)).toEqual([[1, 2]]);
    expect(batchesOf([], 2)).toEqual([]);
  });
});

describe("inParallel", () => {
  it("has as many acts under way as it may, and each item once", async () => {
    const { begun, act, end } = heldActs();
    const all = inParallel([1, 2, 3, 4, 5], 2, act);
    expect(begun).toEqual([1, 2]);
    end(2);
    await turn();
    expect(begun).toEqual([1, 2, 3]);
    for (const item of [1, 3, 4, 5]) {
      end(item);
      await turn();
    }
    await all;
    expect(begun).toEqual([1, 2, 3, 4, 5]);
  });

  it("begins nothing after a failure, and throws it when what is under way has ended", async () => {
    const { begun, act, end, fail } = heldActs();
    let isOver = false;
    const all = inParallel([1, 2, 3, 4], 3, act).catch((reason: unknown) => {
      isOver = true;
      return reason;
    });
    fail(2, "the first");
    await turn();
    fail(3, "the second");
    await turn();
    expect(isOver).toBe(false);
    end(1);
    expect(await all).toBe("the first");
    expect(begun).toEqual([1, 2, 3]);
  });

  it("takes an act that throws at once for one that fails, whatever it throws", async () => {
    const failing = inParallel([1, 2], 1, () => {
      throw undefined;
    });
    await expect(failing).rejects.toBeUndefined();
  });

  it("of nothing acts on nothing", async () => {
    await inParallel([], 4, () => Promise.reject(new Error("acted")));
  });
});
