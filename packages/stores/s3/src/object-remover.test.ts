import { describe, expect, it } from "vitest";
import { DELETED, failed, removed } from "../test-support/s3-answers.ts";
import { scriptedStore } from "../test-support/test-store.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `key/${i}`);

/** The keys that a request for many asks to remove. */
function keysIn(body: Buffer): string[] {
  return [...body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = ""]) => key);
}

const shown = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const SINGLE = "/wf-test-bucket/";
const MANY = "POST /wf-test-bucket/?delete=";

describe("a delete", () => {
  it("of no keys sends nothing", async () => {
    const { server, store } = await scriptedStore();
    await store.delete([]);
    expect(server.requests).toEqual([]);
  });

  it("of one key, told once or twice, is one request for it", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app" });
    server.script(DELETED, DELETED);
    await store.delete("a/b");
    await store.delete(["a/b", "a/b"]);
    const request = `DELETE ${SINGLE}my-app/a/b?x-id=DeleteObject`;
    expect(server.requests.map(shown)).toEqual([request, request]);
  });

  it("of several keys is one request for up to 1,000 of them, below the prefix", async () => {
    const { server, store } = await scriptedStore({ prefix: "my-app" });
    const keys = numbered(1_001).map((key) => `my-app/${key}`);
    server.script(removed(keys), removed(keys));
    await store.delete(numbered(1_001));
    expect(server.requests.map(shown)).toEqual([MANY, MANY]);
    const asked = server.requests.map(({ body }) => keysIn(body));
    expect(asked.map(({ length }) => length).sort()).toEqual([1, 1_000]);
    expect(asked.flat().sort()).toEqual(keys.sort());
  });

  it("takes a missing key that a store tells of for removed", async () => {
    const { server, store } = await scriptedStore();
    server.script(failed(404, "NoSuchKey"));
    await store.delete("a");
    server.script(removed(["b"], { c: "NoSuchKey" }), failed(404, "NoSuchKey"));
    await store.delete(["b", "c"]);
    expect(server.requests).toHaveLength(3);
  });

  it("tries the keys alone that failed among others, or of which nothing was told", async () => {
    const { server, store } = await scriptedStore();
    server.script(removed(["a"], { b: "InternalError" }));
    // By the key, because the requests for b and c are under way together.
    const ofB = [failed(503, "SlowDown")];
    server.otherwise = ({ path }) => (path.startsWith(`${SINGLE}b?`) && ofB.shift()) || DELETED;
    await store.delete(["a", "b", "c"]);
    expect(server.requests.map(shown).sort()).toEqual([
      `DELETE ${SINGLE}b?x-id=DeleteObject`,
      `DELETE ${SINGLE}b?x-id=DeleteObject`,
      `DELETE ${SINGLE}c?x-id=DeleteObject`,
      MANY,
    ]);
  });

  it("names the key that it cannot remove", async () => {
    const { server, store } = await scriptedStore();
    server.script(removed(["a"], { b: "AccessDenied" }), failed(403, "AccessDenied"));
    await expect(store.delete(["a", "b"])).rejects.toMatchObject({
      code: "WF_STORE_DENIED",
      key: "b",
      message: expect.stringMatching(/^delete s3:\/\/wf-test-bucket\/b: .*s3:DeleteObject/),
    });
  });

  it("begins nothing more after a failure", async () => {
    const { server, store } = await scriptedStore({ maxAttempts: 1 });
    server.script(removed([]));
    server.otherwise = failed(403, "AccessDenied");
    await expect(store.delete(numbered(500))).rejects.toMatchObject({ code: "WF_STORE_DENIED" });
    // One for all, and then as many as are sent at a time; each may have begun one more by the first answer.
    expect(server.requests.length).toBeLessThanOrEqual(1 + 2 * 16);
  });

  it.each([
    [failed(501, "NotImplemented")],
    [failed(405, "MethodNotAllowed")],
    [failed(400, "InvalidRequest")],
    [failed(400, "InvalidArgument")],
    [failed(400, "InvalidDigest")],
    [failed(400, "MalformedXML")],
    [failed(400, "MissingContentMD5")],
    [failed(400, "NotImplemented")],
    [failed(400, "UnsupportedOperation")],
  ])(
    "asks for one after the other where the store refuses many ($body), from then on",
    async (refusal) => {
      const { server, store } = await scriptedStore();
      server.script(refusal);
      server.otherwise = DELETED;
      await store.delete(["a", "b"]);
      await store.delete(["c", "d"]);
      expect(server.requests.map(shown).sort()).toEqual([
        ...["a", "b", "c", "d"].map((key) => `DELETE ${SINGLE}${key}?x-id=DeleteObject`),
        MANY,
      ]);
    },
  );

  it("asks for many again after a failure that is no refusal", async () => {
    const { server, store } = await scriptedStore({ maxAttempts: 1 });
    server.script(failed(400, "ExpiredToken"), removed(["a", "b"]));
    await expect(store.delete(["a", "b"])).rejects.toMatchObject({
      code: "WF_STORE_UNAUTHENTICATED",
    });
    await store.delete(["a", "b"]);
    expect(server.requests.map(shown)).toEqual([MANY, MANY]);
  });
});
