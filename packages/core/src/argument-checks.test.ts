import { describe, expect, it } from "vitest";
import {
  checkBoolean,
  checkFunction,
  checkList,
  checkMethods,
  checkObject,
  checkOptions,
  checkSignal,
  checkText,
  show,
} from "./argument-checks.ts";

const NO_PROTOTYPE: unknown = Object.create(null);

describe("show", () => {
  it.each<[unknown, string]>([
    ["text", '"text"'],
    ["\0\ud800", '"\\u0000\\ud800"'],
    [Number.NaN, "NaN"],
    [10n, "10n"],
    [undefined, "undefined"],
    [null, "null"],
    [Symbol("s"), "Symbol(s)"],
    [() => {}, "a function"],
    [[1, 2], "[object Array]"],
    [NO_PROTOTYPE, "[object Object]"],
  ])("gives a text for every value: %#", (value, text) => {
    expect(show(value)).toBe(text);
  });

  it("cuts what is long", () => {
    expect(show("x".repeat(1_000_000))).toHaveLength(101);
    expect(show(10n ** 1_000n)).toHaveLength(101);
  });
});

describe("A check", () => {
  const names = { base: true, cap: true } as const;
  const options = (value: unknown) =>
    checkOptions(value as { base?: number; cap?: number }, "options", names);

  const checks: Record<string, [(value: never) => void, unknown[], unknown[], RegExp]> = {
    checkObject: [
      (value) => checkObject(value, "field"),
      [{}, NO_PROTOTYPE, new Map()],
      [undefined, null, 7, "text", [], () => {}],
      /^field is .+: give an object$/,
    ],
    checkOptions: [
      options,
      [{}, { base: 1 }, { cap: undefined }, { unknown: undefined }],
      [undefined, null, "text", [], { capp: 1 }, { toString: 1 }],
      /^options (is|has) .+: (give an object|there are base, cap)$/,
    ],
    checkList: [
      (value) => checkList(value, "field"),
      [[], [1]],
      [undefined, null, "text", {}, new Set()],
      /^field is .+: give an array$/,
    ],
    checkText: [
      (value) => checkText(value, "field"),
      ["", "text"],
      [undefined, null, 7, ["text"], Symbol("s")],
      /^field is .+: give a string$/,
    ],
    checkBoolean: [
      (value) => checkBoolean(value, "field"),
      [true, false],
      [undefined, null, 0, "true"],
      /^field is .+: give true or false$/,
    ],
    checkFunction: [
      (value) => checkFunction(value, "field"),
      [() => {}],
      [undefined, null, {}, "text"],
      /^field is .+: give a function$/,
    ],
    checkMethods: [
      (value) => checkMethods(value, "clock", ["now"], "a Clock"),
      [{ now() {} }],
      [undefined, null, {}, { now: 7 }, NO_PROTOTYPE, 10n],
      /^clock is .+ and has no method "now": give a Clock$/,
    ],
    checkSignal: [
      (value) => checkSignal(value),
      [undefined, new AbortController().signal],
      [null, {}, "text", new AbortController()],
      /^signal is .+: give an AbortSignal$/,
    ],
  };

  for (const [name, [check, taken, refused, message]] of Object.entries(checks)) {
    it(`${name} refuses what it is not for, with name, value and what to give`, () => {
      for (const value of taken) check(value as never);
      for (const value of refused) {
        expect(() => check(value as never)).toThrowError(
          expect.objectContaining({
            code: "WF_INVALID_ARGUMENT",
            retry: "never",
            message: expect.stringMatching(message),
          }),
        );
      }
    });
  }
});
