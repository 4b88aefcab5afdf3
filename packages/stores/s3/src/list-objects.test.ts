import type { ObjectMeta } from "@wf/core";
import { describe, expect, it } from "vitest";
import { page } from "../test-support/s3-answers.ts";
import type { SeenRequest, WholeAnswer } from "../test-support/scripted-server.ts";
import { collect, scriptedStore } from "../test-support/test-store.ts";

/** What a request asks for. */
function queryOf({ url }: SeenRequest): Record<string, string> {
  const query = Object.fromEntries(new URL(url, "http://x").searchParams);
  delete query["list-type"];
  return query;
}

async function keysOf(listing: AsyncIterable<ObjectMeta>): Promise<string[]> {
  return (await collect(listing)).map(({ key }) => key);
}

describe("a listing", () => {
  it("asks for page after page by their tokens, also past an empty one", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app", listPageSize: 2 });
    server.script(
      page({ keys: ["my-app/b/1", "my-app/b/2"], token: "t/1" }),
      page({ token: "t/2" }),
      page({ keys: ["my-app/b/3"] }),
    );
    expect(await keysOf(store.list("b/", { startAfter: "b/0" }))).toEqual(["b/1", "b/2", "b/3"]);
    const common = { prefix: "my-app/b/", "max-keys": "2" };
    expect(server.requests.map(queryOf)).toEqual([
      { ...common, "start-after": "my-app/b/0" },
      { ...common, "continuation-token": "t/1" },
      { ...common, "continuation-token": "t/2" },
    ]);
  });

  it("tells the size, and the time in milliseconds", async () => {
    const { server, store } = await scriptedStore();
    server.script(page({ keys: ["abc"] }));
    const lastModified = 1_767_323_045_000; // 2026-01-02T03:04:05Z
    expect(await collect(store.list(""))).toEqual([{ key: "abc", size: 3, lastModified }]);
  });

  it("asks for a page only when it comes to it", async () => {
    const { server, store } = await scriptedStore();
    server.script(page({ keys: ["a", "b"], token: "more" }));
    for await (const { key } of store.list("")) if (key === "b") break;
    expect(server.requests).toHaveLength(1);
  });

  it("passes over what is no key of wf: folders, and names with other characters", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app" });
    const foreign = ["my-app/", "my-app/a b", "my-app/a/", "my-app/a//c", "my-app/ä"];
    server.script(page({ keys: [...foreign, "my-app/b"] }));
    expect(await keysOf(store.list(""))).toEqual(["b"]);
  });

  it("leaves out what the store should not have sent", async () => {
    const { server, store } = await scriptedStore();
    server.script(page({ keys: ["a", "b/1", "b/2", "b/3", "c"] }));
    expect(await keysOf(store.list("b/", { startAfter: "b/1" }))).toEqual(["b/2", "b/3"]);
  });

  it.each([
    ["on one page", [page({ keys: ["a", "c", "b"] })]],
    ["from page to page", [page({ keys: ["a", "c"], token: "t" }), page({ keys: ["b"] })]],
    ["with a page that comes twice", [page({ keys: ["c"], token: "t" }), page({ keys: ["c"] })]],
  ])("of a store that does not keep the order of the keys is refused, %s", async (_, pages) => {
    const { server, store } = await scriptedStore();
    server.script(...(pages as WholeAnswer[]));
    await expect(keysOf(store.list(""))).rejects.toMatchObject({
      code: "WF_STORE_UNSUPPORTED",
      message: expect.stringMatching(/lists [bc] after c/),
    });
  });

  it("is WF_STORE_MISCONFIGURED where an entry is not below the prefix", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app" });
    server.script(page({ keys: ["other-app/a"] }));
    await expect(keysOf(store.list(""))).rejects.toMatchObject({ code: "WF_STORE_MISCONFIGURED" });
  });

  it.each([
    ["a page is cut short without a token", "<IsTruncated>true</IsTruncated>"],
    ["an entry has no key", "<IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents>"],
    ["an entry has no size", "<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>"],
    [
      "an entry has no time",
      "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents>",
    ],
  ])("is WF_STORE_MISCONFIGURED where %s", async (_, content) => {
    const { server, store } = await scriptedStore();
    server.script({ status: 200, body: `<ListBucketResult>${content}</ListBucketResult>` });
    await expect(keysOf(store.list(""))).rejects.toMatchObject({ code: "WF_STORE_MISCONFIGURED" });
  });

  it.each([
    ["a prefix that no key can have", "a//b", undefined],
    ["one with other characters", "a b", undefined],
    ["one with half a character", "\ud800", undefined],
    ["a start behind all keys of the prefix", "b/", "c"],
  ])("sends nothing for %s", async (_, prefix, startAfter) => {
    const { server, store } = await scriptedStore();
    expect(await keysOf(store.list(prefix, { startAfter }))).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["before the prefix is left out", "b/", "a/z", { prefix: "b/" }],
    ["with other characters is cut", "b/", "b/x y", { prefix: "b/", "start-after": "b/x" }],
    ["that is the prefix is left out", "b", "b", { prefix: "b" }],
  ])("asks for no other keys: a start that is %s", async (_, prefix, startAfter, query) => {
    const { server, store } = await scriptedStore();
    server.script(page({ keys: ["b"] }));
    expect(await keysOf(store.list(prefix, { startAfter }))).toEqual([]);
    expect(server.requests.map(queryOf)).toEqual([{ ...query, "max-keys": "1000" }]);
  });

  it.each([
    [".", ""],
    ["..", ""],
    ["a/.", "a/"],
    ["a/..", "a/"],
    ["a/...", "a/..."],
    ["a.", "a."],
  ])("asks for more where the prefix %s ends in what a store may refuse", async (prefix, asked) => {
    const { server, store } = await scriptedStore();
    server.script(page({ keys: [`${prefix}b`] }));
    expect(await keysOf(store.list(prefix))).toEqual([`${prefix}b`]);
    expect(server.requests.map(queryOf)).toEqual([{ prefix: asked, "max-keys": "1000" }]);
  });
});
