import { describe, expect, it } from "vitest";
import { STORED } from "../test-support/s3-answers.ts";
import { scriptedStore } from "../test-support/test-store.ts";

const BODY = Uint8Array.of(1, 2, 3);

describe("a put", () => {
  it("sends the body as it is, whatever buffer it lies in, below the prefix", async () => {
    const { server, store } = await scriptedStore({ prefix: "my/app" });
    server.otherwise = STORED;
    const bodies = [
      BODY,
      new Uint8Array(),
      Buffer.from("text"),
      Buffer.from("inner").subarray(1, 3),
    ];
    for (const body of bodies) await store.put("a/b", body);
    expect(server.requests.map(({ body }) => body)).toEqual(
      bodies.map((body) => Buffer.from(body)),
    );
    for (const { method, path, headers, body } of server.requests) {
      expect([method, path]).toEqual(["PUT", "/wf-test-bucket/my/app/a/b?x-id=PutObject"]);
      expect(headers).toMatchObject({ "content-length": String(body.length) });
      expect(headers).not.toHaveProperty("if-none-match");
      expect(headers).not.toHaveProperty("content-encoding");
    }
  });

  it("with ifAbsent asks the store to create and not to replace", async () => {
    const { server, store } = await scriptedStore();
    server.script(STORED);
    await store.put("key", BODY, { ifAbsent: true });
    expect(server.requests[0]?.headers).toMatchObject({ "if-none-match": "*" });
  });

  it("of a body above maxObjectBytes is refused, and nothing is sent", async () => {
    const { server, store } = await scriptedStore({ maxObjectBytes: 3 });
    server.script(STORED);
    await store.put("key", BODY);
    await expect(store.put("key", new Uint8Array(4))).rejects.toMatchObject({
      code: "WF_STORE_OBJECT_TOO_LARGE",
      key: "key",
      message: expect.stringMatching(/4 bytes; at most 3 are allowed/),
    });
    expect(server.requests).toHaveLength(1);
  });
});
