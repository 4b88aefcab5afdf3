import { describe, expect, it } from "vitest";
import { type BucketStoreOptions, resolveBucketOptions } from "./bucket-options.ts";

const LIMITS = {
  maxNameBytes: 1_024,
  maxObjectBytes: { default: 50, most: 100 },
  listPageSize: { default: 5, most: 10 },
};

describe("resolveBucketOptions", () => {
  it("gives the defaults", () => {
    expect(resolveBucketOptions({}, LIMITS)).toEqual({
      keyPrefix: "",
      maxObjectBytes: 50,
      listPageSize: 5,
    });
  });

  it("takes the bounds, and a prefix that leaves room for the longest key", () => {
    const prefix = "x".repeat(1_024 - 900 - 1);
    expect(resolveBucketOptions({ prefix, maxObjectBytes: 100, listPageSize: 10 }, LIMITS)).toEqual(
      { keyPrefix: `${prefix}/`, maxObjectBytes: 100, listPageSize: 10 },
    );
  });

  it.each<[BucketStoreOptions, string, RegExp]>([
    [{ prefix: "" }, "WF_INVALID_KEY", /segment "" is not allowed/],
    [{ prefix: "a/" }, "WF_INVALID_KEY", /segment "" is not allowed/],
    [{ prefix: "x".repeat(124) }, "WF_INVALID_KEY", /^prefix .*it may have at most 123 bytes/],
    [{ maxObjectBytes: 0 }, "WF_INVALID_ARGUMENT", /^maxObjectBytes is 0: .* from 1 to 100/],
    [{ maxObjectBytes: 101 }, "WF_INVALID_ARGUMENT", /^maxObjectBytes is 101/],
    [{ listPageSize: 0 }, "WF_INVALID_ARGUMENT", /^listPageSize is 0: .* from 1 to 10/],
    [{ listPageSize: 11 }, "WF_INVALID_ARGUMENT", /^listPageSize is 11/],
  ])("refuses %j with %s", (options, code, message) => {
    expect(() => resolveBucketOptions(options, LIMITS)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
