import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  ConflictError,
  describeError,
  FencedError,
  isPermanent,
  StoreError,
  WF_ERROR_CODES,
  WfError,
} from "./errors.ts";
import { JobError } from "./worker/job-error.ts";
import { StepError } from "./workflow/step-error.ts";

/** This file's source as a second copy of the package would have it. */
async function secondCopy(): Promise<typeof import("./errors.ts")> {
  const specifier = "./errors.ts?copy";
  return await import(/* @vite-ignore */ specifier);
}

describe("WfError", () => {
  it("carries its code, the retry that follows from it, its key and its cause", () => {
    const cause = new Error("socket");
    const error = new StoreError("WF_STORE_UNAVAILABLE", "busy", { cause, key: "a/b" });
    expect(error).toMatchObject({
      name: "StoreError",
      message: "busy",
      code: "WF_STORE_UNAVAILABLE",
      retry: "safe",
      key: "a/b",
      cause,
    });
    expect("cause" in new WfError("WF_CLOSED", "closed")).toBe(false);
  });

  it("has a retry for every code", () => {
    for (const code of WF_ERROR_CODES) {
      expect(code).toMatch(/^WF_[A-Z_]+$/);
      expect(["never", "safe", "ambiguous"]).toContain(new WfError(code, "x").retry);
    }
  });

  it("is described in the README by each of its codes, with the retry", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| `(WF_\w+)` +\| (\w+)/gm)].map(([, code, retry]) => [
      code,
      retry,
    ]);
    const expected = WF_ERROR_CODES.map((code) => [code, new WfError(code, "x").retry]);
    expect(rows.sort()).toEqual(expected.sort());
  });

  it("is told apart by class and by code", () => {
    const conflict = new ConflictError("x");
    expect(conflict).toBeInstanceOf(WfError);
    expect(conflict).toBeInstanceOf(Error);
    expect(conflict).not.toBeInstanceOf(StoreError);
    expect(WfError.is(conflict)).toBe(true);
    expect(WfError.is(conflict, "WF_CONFLICT")).toBe(true);
    expect(WfError.is(conflict, "WF_CLOSED")).toBe(false);
    for (const other of [undefined, null, "WF_CONFLICT", { code: "WF_CONFLICT" }, new Error("x")]) {
      expect(WfError.is(other)).toBe(false);
      expect(other).not.toBeInstanceOf(WfError);
    }
  });

  it("is recognised when it comes from another copy of the package", async () => {
    const copy = await secondCopy();
    expect(copy.WfError).not.toBe(WfError);
    const foreign = new copy.StoreError("WF_STORE_DENIED", "no");
    expect(foreign).toBeInstanceOf(WfError);
    expect(foreign).toBeInstanceOf(StoreError);
    expect(foreign).not.toBeInstanceOf(FencedError);
    expect(WfError.is(foreign, "WF_STORE_DENIED")).toBe(true);
    expect(isPermanent(new copy.FencedError("taken over"))).toBe(true);
    expect(new FencedError("taken over")).toBeInstanceOf(copy.FencedError);
    // The control: by prototype, as instanceof is without this, it would not be.
    expect(Object.getPrototypeOf(copy.StoreError)).not.toBe(WfError);
  });

  it("leaves instanceof on a user's own subclass as it is", () => {
    class MyError extends StoreError {}
    const mine = new MyError("WF_STORE_DENIED", "x");
    expect(mine).toBeInstanceOf(MyError);
    expect(mine).toBeInstanceOf(StoreError);
    expect(new StoreError("WF_STORE_DENIED", "x")).not.toBeInstanceOf(MyError);
  });
});

describe("isPermanent", () => {
  it("holds for errors whose repetition is pointless, and for nothing unknown", () => {
    expect(isPermanent(new WfError("WF_INVALID_RUN_ID", "x"))).toBe(true);
    expect(isPermanent(StepError.permanent("x"))).toBe(true);
    expect(isPermanent(JobError.permanent("x"))).toBe(true);
    expect(isPermanent(StepError.transient("x"))).toBe(false);
    expect(isPermanent(JobError.transient("x"))).toBe(false);
    for (const code of ["UNAVAILABLE", "OUTCOME_UNKNOWN", "DENIED"] as const) {
      expect(isPermanent(new StoreError(`WF_STORE_${code}`, "x"))).toBe(false);
    }
    for (const other of [new Error("x"), "x", undefined, { retry: "never" }]) {
      expect(isPermanent(other)).toBe(false);
    }
  });
});

describe("describeError", () => {
  it("has a text for whatever was thrown", () => {
    const texts: [unknown, string][] = [
      [new Error("plain"), "plain"],
      [new TypeError(), "TypeError"],
      [new Error("outer", { cause: new Error("inner") }), "outer (cause: inner)"],
      [new Error("outer", { cause: "text" }), "outer (cause: text)"],
      [
        new Error("outer", { cause: Object.create(null) }),
        "outer (cause: an object without a text)",
      ],
      ["text", "a value that is no Error was thrown: text"],
      [undefined, "a value that is no Error was thrown: undefined"],
      [Symbol("s"), "a value that is no Error was thrown: Symbol(s)"],
      [Object.create(null), "a value that is no Error was thrown: an object without a text"],
    ];
    for (const [thrown, text] of texts) expect(describeError(thrown)).toBe(text);
  });
});
