import type { SeenRequest } from "@wf/test-support/scripted-server";
import { collect, keysOf } from "@wf/test-support/store-calls";
import { describe, expect, it } from "vitest";
import { page } from "../test-support/s3-answers.ts";
import { scriptedStore } from "../test-support/test-store.ts";

/** What a request asks for. */
function queryOf({ url }: SeenRequest): Record<string, string> {
  const query = Object.fromEntries(url.searchParams);
  delete query["list-type"];
  return query;
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

  it("passes over what is no key of wf: folders, and names with other characters", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app" });
    const foreign = ["my-app/", "my-app/a b", "my-app/a/", "my-app/a//c", "my-app/ä"];
    server.script(page({ keys: [...foreign, "my-app/b"] }));
    expect(await keysOf(store.list(""))).toEqual(["b"]);
  });

  it("of a store that does not keep the order of the keys is refused", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app" });
    server.script(page({ keys: ["my-app/b/2", "my-app/b/1"] }));
    await expect(keysOf(store.list("b/"))).rejects.toMatchObject({
      code: "WF_STORE_UNSUPPORTED",
      key: "b/1",
      message: expect.stringMatching(
        /^list s3:\/\/wf-test-bucket\/my-app\/b\/: the store lists b\/1 after b\/2.*general purpose bucket/,
      ),
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

  it("sends nothing for a prefix that no key can have", async () => {
    const { server, store } = await scriptedStore();
    expect(await keysOf(store.list("a//b"))).toEqual([]);
    expect(server.requests).toEqual([]);
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
