import { setImmediate as turn } from "node:timers/promises";
import { BODY, CALLS, collect, keysOf } from "@wf/test-support/store-calls";
import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import {
  DELETED,
  listing,
  page,
  part,
  refusal,
  STORED,
  stored,
  text,
} from "../test-support/gcs-answers.ts";
import { scriptedStore } from "../test-support/scripted-store.ts";

describe("a put", () => {
  it("is one upload with its metadata, and with ifAbsent on condition that there is no object", async () => {
    const { store, server } = await scriptedStore([STORED, STORED], { prefix: "apps/one" });
    await CALLS.put(store);
    await CALLS.create(store);
    const [put, create] = server.requests;
    expect(put?.method).toBe("POST");
    expect(put?.url.pathname).toBe("/upload/storage/v1/b/some-bucket/o");
    expect(Object.fromEntries(put?.url.searchParams ?? [])).toEqual({
      uploadType: "multipart",
      name: "apps/one/a/b",
      fields: "generation",
    });
    expect(put?.headers["content-type"]).toMatch(/^multipart\/related; boundary=/);
    expect(put?.headers["content-length"]).toBe(String(put?.body.length));
    expect(create?.url.searchParams.get("ifGenerationMatch")).toBe("0");
    expect(create?.body.includes(Buffer.from(BODY))).toBe(true);
  });

  it("sends the bytes as they were at the call", async () => {
    const { store, server } = await scriptedStore([refusal(503, "backendError"), STORED]);
    const body = BODY.slice();
    const put = store.put("key", body);
    body.fill(0);
    await put;
    for (const request of server.requests)
      expect(request.body.includes(Buffer.from(BODY))).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it("of more bytes than allowed sends nothing", async () => {
    const { store, server } = await scriptedStore([STORED], { maxObjectBytes: 8 });
    await expect(store.put("key", new Uint8Array(9))).rejects.toMatchObject({
      code: "WF_STORE_OBJECT_TOO_LARGE",
      key: "key",
      message: "put key: the body has 9 bytes; at most 8 are allowed (maxObjectBytes)",
    });
    expect(server.requests).toEqual([]);
    await store.put("key", new Uint8Array(8));
  });
});

describe("a get", () => {
  it("asks for the bytes as they are stored, under the name as one segment of the path", async () => {
    const { store, server } = await scriptedStore([stored(BODY)], { prefix: "apps/one" });
    expect(await store.get("..a/b=.c")).toEqual(BODY);
    const [request] = server.requests;
    expect(request?.method).toBe("GET");
    expect(`${request?.url.pathname}${request?.url.search}`).toBe(
      "/storage/v1/b/some-bucket/o/apps%2Fone%2F..a%2Fb%3D.c?alt=media",
    );
    expect(request?.headers["accept-encoding"]).toBe("identity");
  });

  it("gives bytes of a plain Uint8Array that the caller owns", async () => {
    const { store } = await scriptedStore([stored(BODY)]);
    const got = await store.get("key");
    expect(Object.getPrototypeOf(got)).toBe(Uint8Array.prototype);
    expect(got?.buffer.byteLength).toBe(BODY.length);
  });

  it("of a range gives those bytes, and from a server that ignores ranges too", async () => {
    const { store, server } = await scriptedStore([part(BODY, 2, 5), stored(BODY)]);
    expect(await CALLS["ranged get"](store)).toEqual(BODY.slice(2, 5));
    expect(await CALLS["ranged get"](store)).toEqual(BODY.slice(2, 5));
    expect(server.requests[0]?.headers.range).toBe("bytes=2-4");
  });

  it("of a range after the end is empty", async () => {
    const { store } = await scriptedStore([text(416, "Requested range not satisfiable")]);
    expect(await CALLS["ranged get"](store)).toEqual(new Uint8Array());
  });

  it("is repeated where the object has not the checksum that comes along", async () => {
    const damaged = { ...stored(BODY), body: "thy body" };
    const { store, server } = await scriptedStore([damaged, stored(BODY)]);
    expect(await store.get("key")).toEqual(BODY);
    expect(server.requests).toHaveLength(2);
  });

  it("takes an object without a checksum, as one that was encrypted by a key of its own", async () => {
    const { headers, ...rest } = stored(BODY);
    const { "x-goog-hash": _, ...others } = headers ?? {};
    const { store } = await scriptedStore([{ ...rest, headers: others }]);
    expect(await store.get("key")).toEqual(BODY);
  });
});

describe("an answer that there is no object", () => {
  const NO_OBJECT = text(404, "No such object: some-bucket/a/b");

  it("is undefined of a get and no error of a delete, by one request", async () => {
    const { store, server } = await scriptedStore([
      NO_OBJECT,
      NO_OBJECT,
      refusal(404, "notFound", "No such object: x"),
    ]);
    expect(await CALLS.get(store)).toBeUndefined();
    expect(await CALLS["ranged get"](store)).toBeUndefined();
    await CALLS.delete(store);
    expect(server.requests).toHaveLength(3);
  });

  it("in other words is believed where a list finds the bucket", async () => {
    const vague = text(404, "Not Found\n");
    const { store, server } = await scriptedStore([vague, listing([]), vague, listing(["x"])]);
    expect(await CALLS.get(store)).toBeUndefined();
    await CALLS.delete(store);
    const [, probe] = server.requests;
    expect(probe?.url.pathname).toBe("/storage/v1/b/some-bucket/o");
    expect(probe?.url.searchParams.get("maxResults")).toBe("1");
  });

  it.each([
    [
      "the bucket is missing",
      refusal(404, "notFound", "The specified bucket does not exist."),
      /there is no such bucket/,
    ],
    [
      "it may not be listed",
      refusal(403, "forbidden"),
      /the credentials lack .*storage\.objects\.list/,
    ],
    ["something else answers", page(200), /something else than Cloud Storage/],
  ])("in other words is not believed where %s", async (_, probe, says) => {
    const vague = text(404, "The specified bucket does not exist.");
    const { store } = await scriptedStore([vague, probe, vague, probe], { maxAttempts: 1 });
    await expect(CALLS.get(store)).rejects.toThrow(says);
    await expect(CALLS.delete(store)).rejects.toThrow(says);
  });
});

describe("a delete", () => {
  it("is one request for each key, 32 at a time, and each key once", async () => {
    const keys = Array.from({ length: 40 }, (_, i) => `key/${i}`);
    const { store, server } = await scriptedStore([
      ...Array.from({ length: 32 }, () => "hang" as const),
      ...keys.map(() => DELETED),
    ]);
    const controller = new AbortController();
    const held = store.delete([...keys, ...keys], { signal: controller.signal });
    await server.received(32);
    controller.abort(new Error("enough"));
    await expect(held).rejects.toThrow("enough");
    expect(server.requests).toHaveLength(32);
    await store.delete([...keys, ...keys]);
    const deleted = server.requests.slice(32).map(({ method, url }) => `${method} ${url.pathname}`);
    const expected = keys.map(
      (key) => `DELETE /storage/v1/b/some-bucket/o/${encodeURIComponent(key)}`,
    );
    expect(deleted.sort()).toEqual(expected.sort());
  });

  it("of several keys names the one that failed, and begins no further one", async () => {
    const clock = new MockClock();
    const others = Array.from({ length: 31 }, () => "hang" as const);
    const answers = [refusal(403, "forbidden"), ...others];
    const { store, server } = await scriptedStore(answers, { clock, requestTimeout: "5s" });
    server.otherwise = DELETED;
    const keys = Array.from({ length: 1_000 }, (_, i) => `key/${i}`);
    const failed = store.delete(keys).catch((error) => error);
    await server.received(32);
    // When the failure is known the others are still under way; each succeeds by its next try.
    while (clock.pendingSleepers > others.length) await turn();
    await clock.advance("5s");
    const { code, key, message } = await failed;
    expect(code).toBe("WF_STORE_DENIED");
    const [first] = server.requests;
    expect(decodeURIComponent(String(first?.url.pathname))).toContain(`/${key}`);
    expect(message).toContain(`delete gs://some-bucket/${key}: `);
    expect(server.requests).toHaveLength(32 + others.length);
  });

  it("of no keys sends nothing", async () => {
    const { store, server } = await scriptedStore([]);
    await store.delete([]);
    expect(server.requests).toEqual([]);
  });
});

describe("a list", () => {
  it("asks page by page, and the next one only when it comes to it", async () => {
    const pages = [
      listing(["p/a/1", "p/a/2"], "token=/+"),
      listing([], "more"),
      listing(["p/a/3"]),
    ];
    const { store, server } = await scriptedStore(pages, { prefix: "p", listPageSize: 2 });
    const keys: string[] = [];
    const counts: number[] = [];
    for await (const { key } of store.list("a/", { startAfter: "a/0" })) {
      keys.push(key);
      counts.push(server.requests.length);
    }
    expect(keys).toEqual(["a/1", "a/2", "a/3"]);
    expect(counts).toEqual([1, 1, 3]);
    const [first, second] = server.requests;
    expect(Object.fromEntries(first?.url.searchParams ?? [])).toEqual({
      prefix: "p/a/",
      startOffset: "p/a/0",
      maxResults: "2",
      fields: "kind,nextPageToken,items(name,size,timeCreated)",
      prettyPrint: "false",
    });
    expect(second?.url.searchParams.get("pageToken")).toBe("token=/+");
  });

  it("tells of each object its key, its size and when it was stored", async () => {
    const { store } = await scriptedStore([listing(["a/b"])]);
    expect(await collect(store.list(""))).toEqual([
      { key: "a/b", size: 3, lastModified: 1_795_345_899_197 },
    ]);
  });

  it("leaves out startAfter itself, which the server includes, and names that are no keys", async () => {
    const names = ["p/", "p/a", "p/b", "p/c d", "p/e/", "p/z"];
    const { store } = await scriptedStore([listing(names)], { prefix: "p" });
    expect(await keysOf(store.list("", { startAfter: "a" }))).toEqual(["b", "z"]);
  });

  it("of a server that does not keep the order of the keys is refused", async () => {
    const { store } = await scriptedStore([listing(["p/a/2", "p/a/1"])], { prefix: "p" });
    await expect(keysOf(store.list("a/"))).rejects.toMatchObject({
      code: "WF_STORE_UNSUPPORTED",
      message: expect.stringMatching(
        /^list gs:\/\/some-bucket\/p\/a\/: the store lists a\/1 after a\/2/,
      ),
    });
  });

  it("sends nothing for a prefix that no key can have", async () => {
    const { store, server } = await scriptedStore([]);
    expect(await keysOf(store.list("a//b"))).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it("sends no empty parameters", async () => {
    const { store, server } = await scriptedStore([listing([])]);
    await collect(store.list(""));
    expect([...(server.requests[0]?.url.searchParams.keys() ?? [])]).toEqual([
      "maxResults",
      "fields",
      "prettyPrint",
    ]);
  });
});
