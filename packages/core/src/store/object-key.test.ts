import { describe, expect, it } from "vitest";
import { checkKeyPrefix, checkObjectKey, isObjectKey } from "./object-key.ts";

describe("checkObjectKey", () => {
  it("takes segments of the allowed characters", () => {
    const longest = Array(5).fill("x".repeat(179)).join("/");
    const keys = [
      "a",
      "a/b",
      "A-z_0.9=/..a",
      `${"a/".repeat(99)}a`,
      ".a",
      "x".repeat(200),
      longest,
      `${longest}y`,
    ];
    for (const key of keys) checkObjectKey(key);
    for (const key of keys) expect(isObjectKey(key), key).toBe(true);
    expect(longest).toHaveLength(899);
  });

  it("refuses everything else, naming the key and the rule", () => {
    const refused = [
      ...["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a b", "a\\b", "a%2fb", "a:b"],
      ...["é", "a\0", "a\n", "a?b", "a#b", "~", "x".repeat(201), `a/${"b/".repeat(500)}c`],
      ...["a.", "...", "a./b", `${"a/".repeat(100)}a`],
      ...[undefined, null, 7, {}],
    ];
    for (const key of refused) {
      expect(isObjectKey(key as string)).toBe(false);
      expect(() => checkObjectKey(key as string)).toThrowError(
        expect.objectContaining({
          code: "WF_INVALID_KEY",
          message: expect.stringMatching(/^key .*keys are 1 to 100 segments of/s),
        }),
      );
    }
  });

  it("does not put a long key into its message", () => {
    let message = "";
    try {
      checkObjectKey("x".repeat(1_000_000));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/has 1000000 bytes/);
    expect(message.length).toBeLessThan(500);
  });
});

describe("checkKeyPrefix", () => {
  it("leaves room for the keys below it", () => {
    const prefix = Array(10).fill("x".repeat(49)).join("/");
    expect(prefix).toHaveLength(499);
    checkKeyPrefix(prefix, "prefix");
    checkKeyPrefix(`${prefix}y`, "prefix");
    expect(() => checkKeyPrefix(`${prefix}yz`, "memoPrefix")).toThrowError(
      /^memoPrefix .*it may have at most 500 bytes and has 501/,
    );
    expect(() => checkKeyPrefix(prefix, "prefix", 402)).toThrowError(/at most 498/);
  });
});
