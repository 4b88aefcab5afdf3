import { describe, expect, it } from "vitest";
import { checkObjectSize } from "./checks.ts";

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
