import type { WholeAnswer } from "@wf/test-support/scripted-server";
import { describe, expect, it } from "vitest";
import { failed, object } from "../test-support/s3-answers.ts";
import { scriptedStore } from "../test-support/test-store.ts";

const BODY = Uint8Array.from({ length: 100 }, (_, i) => i);

function part(offset: number, length: number): WholeAnswer {
  const headers = { etag: '"one"', "content-range": `bytes ${offset}-${offset + length - 1}/100` };
  return { status: 206, headers, body: BODY.subarray(offset, offset + length) };
}

describe("a get", () => {
  it.each([0, 1, 100_000])("of %d bytes gives bytes of the caller's own", async (length) => {
    const { server, store } = await scriptedStore();
    server.script(object(new Uint8Array(length).fill(7)));
    const bytes = await store.get("a/b");
    expect(bytes).toEqual(new Uint8Array(length).fill(7));
    expect(bytes?.constructor).toBe(Uint8Array);
    expect(bytes?.buffer.byteLength).toBe(length);
    expect(server.requests[0]?.headers).not.toHaveProperty("range");
  });

  it("of a missing key is undefined, a part of it too", async () => {
    const { server, store } = await scriptedStore();
    server.otherwise = failed(404, "NoSuchKey");
    expect(await store.get("key")).toBeUndefined();
    expect(await store.get("key", { range: { offset: 5, length: 1 } })).toBeUndefined();
  });

  it.each([
    ["a part", { offset: 10, length: 5 }, "bytes=10-14", part(10, 5), [10, 11, 12, 13, 14]],
    ["what there is of it", { offset: 98, length: 5 }, "bytes=98-102", part(98, 2), [98, 99]],
    [
      "nothing past the end",
      { offset: 100, length: 5 },
      "bytes=100-104",
      failed(416, "InvalidRange"),
      [],
    ],
    [
      "its part of an object given whole",
      { offset: 97, length: 5 },
      "bytes=97-101",
      object(BODY),
      [97, 98, 99],
    ],
    [
      "nothing past the end of an object given whole",
      { offset: 100, length: 1 },
      "bytes=100-100",
      object(BODY),
      [],
    ],
  ])("gives %s", async (_, range, header, answer, bytes) => {
    const { server, store } = await scriptedStore();
    server.script(answer);
    expect(await store.get("key", { range })).toEqual(Uint8Array.from(bytes));
    expect(server.requests[0]?.headers).toMatchObject({ range: header });
  });

  it("takes 416 for no answer of a whole object", async () => {
    const { server, store } = await scriptedStore();
    server.script(failed(416, "InvalidRange"));
    await expect(store.get("key")).rejects.toMatchObject({ code: "WF_STORE_MISCONFIGURED" });
  });

  it("is tried again where the body does not have the checksum that comes with it", async () => {
    const { server, store } = await scriptedStore({ responseChecksumValidation: "WHEN_SUPPORTED" });
    const damaged = object(BODY);
    const headers = { ...damaged.headers, "x-amz-checksum-crc32": "AAAAAA==" };
    server.script({ ...damaged, headers }, object(BODY));
    expect(await store.get("key")).toEqual(BODY);
    expect(server.requests).toHaveLength(2);
  });

  it("is tried again where the body breaks off", async () => {
    const { server, store } = await scriptedStore();
    server.script({ ...object(BODY), bodyEnds: { after: 50, by: "cut" } }, object(BODY));
    expect(await store.get("key")).toEqual(BODY);
  });
});
