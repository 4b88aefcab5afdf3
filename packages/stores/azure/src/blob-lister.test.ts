import { collect, keysOf } from "@wf/test-support/store-calls";
import { describe, expect, it } from "vitest";
import { listAnswer, type ReceivedRequest } from "../test-support/scripted-service.ts";
import { scriptedStore } from "../test-support/scripted-store.ts";

const BODY = Buffer.from("abc");

function fill({ blobs }: { blobs: Map<string, Buffer> }, names: readonly string[]): void {
  for (const name of names) blobs.set(name, BODY);
}

function paramsOf(requests: readonly ReceivedRequest[], name: string): (string | null)[] {
  return requests.map(({ url }) => url.searchParams.get(name));
}

describe("a listing", () => {
  it("asks for pages of 500 and for the next one when it comes to it", async () => {
    const { service, store } = await scriptedStore();
    fill(
      service,
      Array.from({ length: 501 }, (_, i) => `k/${String(i).padStart(3, "0")}`),
    );
    const listing = store.list("k/");
    for (let i = 0; i < 500; i++) await listing.next();
    expect(paramsOf(service.requests, "maxresults")).toEqual(["500"]);
    expect((await listing.next()).value?.key).toBe("k/500");
    expect(paramsOf(service.requests, "marker")).toEqual([null, "k/500"]);
    expect((await listing.next()).done).toBe(true);
    expect(service.requests.length).toBe(2);
  });

  it("goes on after an empty page that has a successor", async () => {
    const { service, store } = await scriptedStore();
    const pages = [
      listAnswer([], "1"),
      listAnswer(["a"], "2"),
      listAnswer([], "3"),
      listAnswer([]),
    ];
    service.script = (_, index) => pages[index];
    expect(await keysOf(store.list(""))).toEqual(["a"]);
    expect(paramsOf(service.requests, "marker")).toEqual([null, "1", "2", "3"]);
  });

  it("tells size and time of writing", async () => {
    const { service, store } = await scriptedStore();
    fill(service, ["a"]);
    // Sun, 22 Nov 2026 11:30:19 GMT
    const lastModified = 1_795_347_019_000;
    expect(await collect(store.list(""))).toEqual([{ key: "a", size: 3, lastModified }]);
  });

  it("leaves out blobs that are no objects of the store", async () => {
    const { service, store } = await scriptedStore({ prefix: "wf" });
    fill(service, ["wf", "wf/", "wf/a", "wf/a b", "wf/a//b", "wf/b.", "wf/c/", "wf/d", "wf0"]);
    expect(await keysOf(store.list(""))).toEqual(["a", "d"]);
  });

  it("of what no key starts with is empty without a request", async () => {
    const { service, store } = await scriptedStore();
    for (const prefix of ["ä", "a b", "\u0000", "+"])
      expect(await keysOf(store.list(prefix))).toEqual([]);
    expect(await keysOf(store.list("b", { startAfter: "c" }))).toEqual([]);
    expect(await keysOf(store.list("b/", { startAfter: "b0" }))).toEqual([]);
    expect(service.requests).toEqual([]);
  });

  it("out of order is refused, because the account has a hierarchical namespace", async () => {
    const { service, store } = await scriptedStore();
    service.script = (_, index) =>
      index === 0 ? listAnswer(["a", "a/b"], "1") : listAnswer(["a-"]);
    await expect(keysOf(store.list(""))).rejects.toMatchObject({
      code: "WF_STORE_UNSUPPORTED",
      key: "a-",
      message: expect.stringContaining("hierarchical namespace"),
    });
  });
});

describe("startAfter", () => {
  const KEYS = ["a", "a-", "a/1", "a/2", "a/3", "b"];

  it("is sent as startFrom with each page, and left out of what comes", async () => {
    const { service, store } = await scriptedStore({ prefix: "wf", listPageSize: 1 });
    const pages = [listAnswer(["wf/a/2"], "1"), listAnswer(["wf/a/3"])];
    service.script = (_, index) => pages[index];
    expect(await keysOf(store.list("a/", { startAfter: "a/2" }))).toEqual(["a/3"]);
    expect(paramsOf(service.requests, "startFrom")).toEqual(["wf/a/2", "wf/a/2"]);
    expect(paramsOf(service.requests, "prefix")).toEqual(["wf/a/", "wf/a/"]);
  });

  it("holds where the service does not know startFrom", async () => {
    const { service, store } = await scriptedStore({ listPageSize: 2 });
    fill(service, KEYS);
    for (const startAfter of [...KEYS, "", "a/", "a/2.", "c", "0"]) {
      const expected = KEYS.filter((key) => key > startAfter);
      expect(await keysOf(store.list("", { startAfter: startAfter })), startAfter).toEqual(
        expected,
      );
    }
  });

  it.each(["UnsupportedQueryParameter", "InvalidQueryParameterValue"])(
    "holds where the service refuses startFrom with %s, and is then sent no more",
    async (code) => {
      const { service, store } = await scriptedStore();
      fill(service, KEYS);
      service.script = ({ url }) =>
        url.searchParams.has("startFrom") ? { status: 400, code } : undefined;
      expect(await keysOf(store.list("", { startAfter: "a/1" }))).toEqual(["a/2", "a/3", "b"]);
      expect(await keysOf(store.list("a/", { startAfter: "a/2" }))).toEqual(["a/3"]);
      expect(paramsOf(service.requests, "startFrom")).toEqual(["a/1", null, null]);
    },
  );

  it("is sent as far as a key may start with it", async () => {
    const { service, store } = await scriptedStore();
    fill(service, KEYS);
    expect(await keysOf(store.list("", { startAfter: "a/1 ä" }))).toEqual(["a/2", "a/3", "b"]);
    expect(await keysOf(store.list("", { startAfter: "ä" }))).toEqual([]);
    expect(await keysOf(store.list("a", { startAfter: "" }))).toEqual(KEYS.slice(0, -1));
    expect(paramsOf(service.requests, "startFrom")).toEqual(["a/1", null, null]);
  });
});
