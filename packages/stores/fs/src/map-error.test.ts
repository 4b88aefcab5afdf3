import { StoreError, type WfErrorCode } from "@wf/core";
import { describe, expect, it } from "vitest";
import { mapError, type Stage } from "./map-error.ts";

function systemError(code: string, syscall = "open"): Error {
  return Object.assign(new Error(`${code}: it failed, ${syscall} '/root/a'`), {
    code,
    syscall,
    path: "/root/a",
  });
}

function mapped(code: string, stage: Stage, syscall?: string): WfErrorCode {
  const error = mapError(systemError(code, syscall), {
    what: "put a",
    stage,
    key: "a",
    path: "/root/a+",
  });
  expect(error).toBeInstanceOf(StoreError);
  return (error as StoreError).code;
}

describe("an error of the file system", () => {
  it.each([
    ["EACCES", "WF_STORE_DENIED"],
    ["EPERM", "WF_STORE_DENIED"],
    ["EROFS", "WF_STORE_DENIED"],
    ["EXDEV", "WF_STORE_UNSUPPORTED"],
    ["ENOTSUP", "WF_STORE_UNSUPPORTED"],
    ["EOPNOTSUPP", "WF_STORE_UNSUPPORTED"],
    ["ENOSYS", "WF_STORE_UNSUPPORTED"],
    ["EINVAL", "WF_STORE_UNSUPPORTED"],
    ["ENAMETOOLONG", "WF_STORE_UNSUPPORTED"],
    ["EEXIST", "WF_STORE_UNSUPPORTED"],
    ["ENOTDIR", "WF_STORE_UNSUPPORTED"],
    ["EISDIR", "WF_STORE_UNSUPPORTED"],
    ["ELOOP", "WF_STORE_UNSUPPORTED"],
    ["ENOENT", "WF_STORE_UNAVAILABLE"],
    ["ENOSPC", "WF_STORE_UNAVAILABLE"],
    ["EDQUOT", "WF_STORE_UNAVAILABLE"],
    ["EMFILE", "WF_STORE_UNAVAILABLE"],
    ["ENFILE", "WF_STORE_UNAVAILABLE"],
    ["ENOMEM", "WF_STORE_UNAVAILABLE"],
  ] as const)(
    "%s is %s before and in a change, and leaves the outcome unknown after it",
    (errno, code) => {
      expect(mapped(errno, "before")).toBe(code);
      expect(mapped(errno, "change")).toBe(code);
      expect(mapped(errno, "after")).toBe("WF_STORE_OUTCOME_UNKNOWN");
    },
  );

  it.each(["EIO", "ESTALE", "ETIMEDOUT", "EBUSY", "EUNHEARDOF"])(
    "%s had no effect before a change and leaves the outcome unknown in it",
    (errno) => {
      expect(mapped(errno, "before")).toBe("WF_STORE_UNAVAILABLE");
      expect(mapped(errno, "change")).toBe("WF_STORE_OUTCOME_UNKNOWN");
      expect(mapped(errno, "after")).toBe("WF_STORE_OUTCOME_UNKNOWN");
    },
  );

  it("takes EPERM from link for a file system without hard links", () => {
    expect(mapped("EPERM", "change", "link")).toBe("WF_STORE_UNSUPPORTED");
    expect(mapped("EPERM", "change", "rename")).toBe("WF_STORE_DENIED");
  });

  it("is told with what was done, what is needed, the path and the cause", () => {
    const cause = systemError("EACCES");
    const error = mapError(cause, { what: "put a", stage: "before", key: "a", path: "/root/a+" });
    expect(error).toMatchObject({ key: "a", cause, retry: "safe" });
    expect((error as Error).message).toMatch(
      /^put a: the process needs permission .*; path \/root\/a: EACCES/,
    );
  });

  it("leaves what is no error of the file system as it is", () => {
    for (const thrown of [
      new Error("stop"),
      "stop",
      undefined,
      new DOMException("", "AbortError"),
    ]) {
      expect(mapError(thrown, { what: "put a", stage: "after", path: "/root" })).toBe(thrown);
    }
  });
});
