import { Storage } from "@google-cloud/storage";
import { afterEach, describe, expect, it, vi } from "vitest";
import { GcsObjectStore, type GcsObjectStoreOptions } from "./index.ts";

afterEach(() => vi.unstubAllEnvs());

describe("the constructor refuses", () => {
  const bad: readonly [options: object, code: string, message: RegExp][] = [
    [
      { bucket: undefined },
      "WF_INVALID_ARGUMENT",
      /^bucket is undefined: give the name of a bucket/,
    ],
    [{ bucket: "" }, "WF_INVALID_ARGUMENT", /^bucket is ""/],
    [{ bucket: "ab" }, "WF_INVALID_ARGUMENT", /3 to 222/],
    [{ bucket: "gs://some-bucket" }, "WF_INVALID_ARGUMENT", /without gs:\/\//],
    [{ bucket: "Some-Bucket" }, "WF_INVALID_ARGUMENT", /^bucket is "Some-Bucket"/],
    [{ bucket: "some/bucket" }, "WF_INVALID_ARGUMENT", /^bucket is/],
    [{ bucket: "-some-bucket" }, "WF_INVALID_ARGUMENT", /^bucket is/],
    [{ prefix: "" }, "WF_INVALID_KEY", /segment "" is not allowed/],
    [{ prefix: "a/" }, "WF_INVALID_KEY", /segment "" is not allowed/],
    [{ prefix: "a b" }, "WF_INVALID_KEY", /other characters/],
    [
      { prefix: "x".repeat(124) },
      "WF_INVALID_KEY",
      /^prefix .*it may have at most 123 bytes and has 124/,
    ],
    [
      { maxObjectBytes: 0 },
      "WF_INVALID_ARGUMENT",
      /^maxObjectBytes is 0: give a whole number from 1 to 2147483648/,
    ],
    [
      { listPageSize: 1_001 },
      "WF_INVALID_ARGUMENT",
      /^listPageSize is 1001: give a whole number from 1 to 1000/,
    ],
    [{ listPageSize: 0 }, "WF_INVALID_ARGUMENT", /^listPageSize is 0/],
    [{ maxAttempts: 0 }, "WF_INVALID_ARGUMENT", /^maxAttempts is 0/],
    [{ requestTimeout: 0 }, "WF_INVALID_ARGUMENT", /^requestTimeout is 0/],
    [{ apiEndpoint: "http://" }, "WF_INVALID_ARGUMENT", /^apiEndpoint .* is "http:"/],
    [{ apiEndpoint: "ftp://127.0.0.1" }, "WF_INVALID_ARGUMENT", /^apiEndpoint/],
    [{ apiEndpoint: "" }, "WF_INVALID_ARGUMENT", /^apiEndpoint .* is ""/],
    [{ apiEndpoint: null }, "WF_INVALID_ARGUMENT", /^apiEndpoint .* is null/],
    [{ clock: {} }, "WF_INVALID_ARGUMENT", /^clock .*"now"/],
    [{ retryBackoff: { bas: 1 } }, "WF_INVALID_ARGUMENT", /^retryBackoff has "bas"/],
    [{ apiEndpoint: "http://[" }, "WF_INVALID_ARGUMENT", /^apiEndpoint/],
    [
      { timeout: 1_000 },
      "WF_INVALID_ARGUMENT",
      /^timeout is given, which has no effect here: see requestTimeout/,
    ],
    [{ retryOptions: {} }, "WF_INVALID_ARGUMENT", /^retryOptions is given/],
    [{ storage: {} }, "WF_INVALID_ARGUMENT", /^storage is no Storage/],
    [{ storage: null }, "WF_INVALID_ARGUMENT", /^storage is no Storage/],
    [
      { storage: new Storage(), projectId: "p" },
      "WF_INVALID_ARGUMENT",
      /^storage and projectId are both given/,
    ],
  ];
  it.each(bad)("%j", (options, code, message) => {
    const construct = () =>
      new GcsObjectStore({ bucket: "some-bucket", ...options } as GcsObjectStoreOptions);
    expect(construct).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

it("the constructor takes the bounds of its options", () => {
  const good = [
    { bucket: "abc", prefix: "x".repeat(123), maxObjectBytes: 1, listPageSize: 1 },
    { bucket: `${"a".repeat(50)}.example.com`, maxObjectBytes: 2 ** 31, listPageSize: 1_000 },
    { bucket: "a_b-c.d", storage: new Storage(), projectId: undefined, timeout: undefined },
  ] as GcsObjectStoreOptions[];
  for (const options of good) {
    expect(new GcsObjectStore(options)).toBeInstanceOf(GcsObjectStore);
  }
});

it("the constructor refuses a STORAGE_EMULATOR_HOST that is no host", () => {
  vi.stubEnv("STORAGE_EMULATOR_HOST", "");
  expect(() => new GcsObjectStore({ bucket: "some-bucket" })).toThrow(/STORAGE_EMULATOR_HOST/);
});
