import { describe, expect, it } from "vitest";
import { checkDelete, checkGet, checkListing, checkObjectSize, checkPut } from "./checks.ts";

const BODY = new Uint8Array(1);

describe("checkObjectSize", () => {
  it("refuses a body of more bytes, with the key and the bound", () => {
    checkObjectSize("a/b", new Uint8Array(3), 3);
    expect(() => checkObjectSize("a/b", new Uint8Array(4), 3)).toThrowError(
      expect.objectContaining({
        code: "WF_STORE_OBJECT_TOO_LARGE",
        key: "a/b",
        message: "put a/b: the body has 4 bytes; at most 3 are allowed (maxObjectBytes)",
      }),
    );
  });
});

describe("The checks of a store's methods", () => {
  it("take what the contract allows", () => {
    const { signal } = new AbortController();
    checkPut("a", BODY, {});
    checkPut("a", Buffer.from("b"), { ifAbsent: true, signal });
    checkGet("a", { range: { offset: 0, length: 1 }, signal: undefined });
    expect(checkDelete("a", { signal })).toEqual(["a"]);
    expect(checkDelete(["a", "b"], {})).toEqual(["a", "b"]);
    checkListing("", {});
    checkListing("no/key \0", { startAfter: "", signal });
  });

  const refused: [string, (value: never) => void, unknown[], RegExp][] = [
    ["key of a put", (key) => checkPut(key, BODY, {}), ["", 7, null, "a\0"], /^key /],
    ["body", (body) => checkPut("a", body, {}), [null, "text", new ArrayBuffer(1)], /^body is /],
    ["options of a put", (options) => checkPut("a", BODY, options), [null, 7, []], /^options is /],
    [
      "ifAbsent",
      (ifAbsent) => checkPut("a", BODY, { ifAbsent }),
      [null, 1, "yes"],
      /^ifAbsent is /,
    ],
    ["signal of a put", (signal) => checkPut("a", BODY, { signal }), [null, {}], /^signal is /],
    ["key of a get", (key) => checkGet(key, {}), ["a/", Symbol("s")], /^key /],
    ["range", (range) => checkGet("a", { range }), [null, 7, []], /^range is /],
    [
      "range.offset",
      (offset) => checkGet("a", { range: { offset, length: 1 } }),
      [-1, 0.5, "0", null, Number.NaN],
      /^range\.offset is .* from 0 to/,
    ],
    [
      "range.length",
      (length) => checkGet("a", { range: { offset: 0, length } }),
      [0, 1.5, "1", undefined, Number.POSITIVE_INFINITY],
      /^range\.length is .* from 1 to/,
    ],
    ["keys", (keys) => checkDelete(keys, {}), [undefined, null, 7, {}], /^keys is .*an array/],
    ["key of a delete", (key) => checkDelete(["a", key], {}), ["", 7, null], /^key /],
    ["options of a delete", (options) => checkDelete("a", options), [null, "text"], /^options is /],
    ["prefix", (prefix) => checkListing(prefix, {}), [undefined, null, 7], /^prefix is /],
    ["startAfter", (startAfter) => checkListing("", { startAfter }), [null, 7], /^startAfter is /],
  ];
  it.each(refused)("refuse a bad %s by its name", (_, check, values, message) => {
    for (const value of values) {
      expect(() => check(value as never)).toThrowError(
        expect.objectContaining({
          code: expect.stringMatching(/^WF_INVALID_(ARGUMENT|KEY)$/),
          message: expect.stringMatching(message),
        }),
      );
    }
  });
});
