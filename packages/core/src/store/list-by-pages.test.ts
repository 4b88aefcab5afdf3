import { describe, expect, it } from "vitest";
import { type ListedPage, type ListQuery, listByPages } from "./list-by-pages.ts";
import type { ListOptions, ObjectMeta } from "./object-store.ts";

function page(keys: readonly string[], token?: string): ListedPage {
  return { objects: keys.map((key) => ({ key, size: 1, lastModified: 2 })), token };
}

/** Lists what a store answers in turn, and keeps what it was asked. */
function scripted(
  pages: readonly ListedPage[],
  prefix = "",
  options: ListOptions = {},
): { listing: AsyncGenerator<ObjectMeta>; asked: ListQuery[] } {
  const asked: ListQuery[] = [];
  const listing = listByPages(
    { ...options, prefix, what: `list s3://bucket/${prefix}`, orderAdvice: "use another store" },
    async (query) => {
      asked.push(query);
      return pages[asked.length - 1] ?? expect.unreachable();
    },
  );
  return { listing, asked };
}

async function keysOf(listing: AsyncIterable<ObjectMeta>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

describe("listByPages", () => {
  it("asks for page after page by their tokens, also past an empty one", async () => {
    const pages = [page(["a"], "1"), page([], "2"), page(["b", "c"])];
    const { listing, asked } = scripted(pages);
    expect(await keysOf(listing)).toEqual(["a", "b", "c"]);
    expect(asked.map(({ token }) => token)).toEqual([undefined, "1", "2"]);
  });

  it("asks for a page when it comes to it, and for none after a break", async () => {
    const { listing, asked } = scripted([page(["a", "b"], "1")]);
    expect(asked).toEqual([]);
    for await (const { key } of listing) if (key === "b") break;
    expect(asked).toHaveLength(1);
  });

  it("leaves out what is no key and what was not asked for", async () => {
    const others = ["a", "b", "b/", "b/1", "b/2 x", "b/2.", "b/3//4", "b/é"];
    const { listing } = scripted([page([...others, "b/\uffff", "c"].sort())], "b/", {
      startAfter: "b/0",
    });
    expect(await keysOf(listing)).toEqual(["b/1"]);
    const after = scripted([page(["b/1", "b/2"])], "b/", { startAfter: "b/1" });
    expect(await keysOf(after.listing)).toEqual(["b/2"]);
  });

  it.each([
    ["on one page", [page(["a", "c", "b"])], "b", "c"],
    ["from page to page", [page(["a", "c"], "t"), page(["b"])], "b", "c"],
    ["in what comes before startAfter", [page(["C", "B"])], "B", "C"],
    ["by a page that comes twice", [page(["c"], "t"), page(["c"])], "c", "c"],
  ])(
    "refuses a store that does not keep the order of the keys, %s",
    async (_, pages, key, last) => {
      const { listing } = scripted(pages, "", { startAfter: "Z" });
      await expect(keysOf(listing)).rejects.toMatchObject({
        code: "WF_STORE_UNSUPPORTED",
        key,
        message: `list s3://bucket/: the store lists ${key} after ${last}, so it keeps no order: use another store`,
      });
    },
  );

  it.each<[string, string, string | undefined]>([
    ["a prefix that no key can have", "a//b", undefined],
    ["one with other characters", "a b", undefined],
    ["one with half a character", "\ud800", undefined],
    ["one that is longer than keys are", "x".repeat(901), undefined],
    ["a start behind all keys of the prefix", "b/", "c"],
    ["a start just behind them", "b/", "b0"],
  ])("asks for nothing where there can be no key: %s", async (_, prefix, startAfter) => {
    const { listing, asked } = scripted([], prefix, { startAfter });
    expect(await keysOf(listing)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it.each(["", "a", "a/", "a/.", "..", "a.", "x".repeat(200)])(
    "asks for the keys that start with %j",
    async (prefix) => {
      const key = prefix.length === 200 ? prefix : `${prefix}b`;
      const { listing, asked } = scripted([page([key])], prefix);
      expect(await keysOf(listing)).toEqual([key]);
      expect(asked).toEqual([{ prefix, startAfter: undefined, token: undefined }]);
    },
  );

  it.each<[string, string, string | undefined]>([
    ["b/", "b/1", "b/1"],
    ["b/", "a/1", undefined],
    ["b/", "b/", undefined],
    ["b/", "b/1 é", "b/1"],
    ["", "é", undefined],
    ["", "a".repeat(100_000), "a".repeat(900)],
  ])("asks below %j after %j for no key before %j", async (prefix, startAfter, asks) => {
    const { listing, asked } = scripted([page([], "1"), page([])], prefix, { startAfter });
    await keysOf(listing);
    expect(asked.map((query) => query.startAfter)).toEqual([asks, asks]);
  });

  it("ends with the reason of an abort, before a page and within one", async () => {
    const gone = new AbortController();
    const { listing, asked } = scripted([page(["a", "b"])], "", { signal: gone.signal });
    await listing.next();
    const reason = new Error("no longer wanted");
    gone.abort(reason);
    await expect(listing.next()).rejects.toBe(reason);
    expect(asked).toHaveLength(1);
    const late = scripted([], "", { signal: gone.signal });
    await expect(late.listing.next()).rejects.toBe(reason);
  });
});
