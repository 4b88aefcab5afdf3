import { S3Client } from "@aws-sdk/client-s3";
import type { WfErrorCode } from "@wf/core";
import { describe, expect, it } from "vitest";
import { BUCKET, scriptedStore } from "../test-support/test-store.ts";
import { S3ObjectStore, type S3ObjectStoreOptions } from "./index.ts";

const client = new S3Client({ region: "us-east-1" });
const INVALID = "WF_INVALID_ARGUMENT";

const REFUSED: readonly (readonly [string, object, WfErrorCode, RegExp])[] = [
  ["no bucket", { bucket: undefined }, INVALID, /^bucket is undefined/],
  ["an empty bucket", { bucket: "" }, INVALID, /^bucket is ""/],
  ["a bucket with a path", { bucket: "b/c" }, INVALID, /^bucket is "b\/c".*prefix/],
  [
    "a directory bucket",
    { bucket: "b--use1-az4--x-s3" },
    "WF_STORE_UNSUPPORTED",
    /directory bucket/,
  ],
  [
    "the access point of a directory bucket",
    { bucket: "arn:aws:s3express:us-east-1:1:accesspoint/b--use1-az4--xa-s3" },
    "WF_STORE_UNSUPPORTED",
    /list in order/,
  ],
  [
    "a Multi-Region Access Point",
    { bucket: "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap" },
    "WF_STORE_UNSUPPORTED",
    /Multi-Region/,
  ],
  ["an empty prefix", { prefix: "" }, "WF_INVALID_KEY", /segment ""/],
  ["a prefix with a slash at its end", { prefix: "a/" }, "WF_INVALID_KEY", /^prefix "a\/"/],
  [
    "a prefix that is too long",
    { prefix: "x".repeat(124) },
    "WF_INVALID_KEY",
    /prefix .* at most 123/,
  ],
  ["maxObjectBytes 0", { maxObjectBytes: 0 }, INVALID, /maxObjectBytes .*0/],
  ["maxObjectBytes above 5 GiB", { maxObjectBytes: 5 * 1_024 ** 3 + 1 }, INVALID, /maxObjectBytes/],
  ["listPageSize 0", { listPageSize: 0 }, INVALID, /listPageSize .*0/],
  ["listPageSize above 1,000", { listPageSize: 1_001 }, INVALID, /listPageSize .*1001/],
  ["a requestTimeout of 0", { requestTimeout: 0 }, INVALID, /requestTimeout/],
  ["maxAttempts 0", { maxAttempts: 0 }, INVALID, /maxAttempts/],
  ["a maxAttempts of the SDK's kind", { maxAttempts: async () => 3 }, INVALID, /maxAttempts/],
  ["an endpoint that is no URL", { endpoint: "localhost:9000" }, INVALID, /^endpoint .*https:/],
  ["an endpoint that is null", { endpoint: null }, INVALID, /^endpoint is null/],
  ["a name over 255 characters", { bucket: "b".repeat(256) }, INVALID, /^bucket is "b+…: give/],
  ["a name with a NUL", { bucket: "a\0b" }, INVALID, /^bucket is "a\\u0000b"/],
  ["a clock that is none", { clock: {} }, INVALID, /^clock .*"now"/],
  ["a misspelt backoff", { retryBackoff: { bas: 1 } }, INVALID, /^retryBackoff has "bas"/],
  ["a client that is none", { client: {} }, INVALID, /^client is no S3Client/],
  ["a client that is null", { client: null }, INVALID, /^client is no S3Client/],
  ["settings beside a client", { client, region: "us-east-1" }, INVALID, /^client and region are/],
];

describe("S3ObjectStore", () => {
  it.each(REFUSED)("is not made of %s", (_, options, code, says) => {
    const all = { bucket: BUCKET, ...options } as S3ObjectStoreOptions;
    expect(() => new S3ObjectStore(all)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(says), retry: "never" }),
    );
  });

  it.each([
    [{}],
    [{ prefix: "x".repeat(123), listPageSize: 1_000, maxObjectBytes: 5 * 1_024 ** 3 }],
    [{ client, requestTimeout: "1m", maxAttempts: 1, retryBackoff: {}, prefix: undefined }],
    [{ client, region: undefined }],
    [{ bucket: "arn:aws:s3:us-east-1:123456789012:accesspoint/mine" }],
    [{ bucket: "an-alias-s3alias" }],
  ])("is made of %o, and sends nothing", (options) => {
    new S3ObjectStore({ bucket: BUCKET, ...options } as S3ObjectStoreOptions);
  });

  it("refuses bad arguments before anything is sent", async () => {
    const { server, store } = await scriptedStore();
    const calls: readonly (readonly [WfErrorCode, () => Promise<unknown>])[] = [
      ["WF_INVALID_KEY", () => store.put("/a", new Uint8Array())],
      ["WF_INVALID_KEY", () => store.get("a/../b")],
      ["WF_INVALID_KEY", () => store.delete(["a", "b c"])],
      ["WF_INVALID_ARGUMENT", () => store.put("a", "text" as never)],
      ["WF_INVALID_ARGUMENT", () => store.get("a", { range: { offset: -1, length: 1 } })],
      ["WF_INVALID_ARGUMENT", () => store.get("a", { range: { offset: 0, length: 0 } })],
    ];
    for (const [code, call] of calls) await expect(call()).rejects.toMatchObject({ code });
    expect(server.requests).toEqual([]);
  });
});
