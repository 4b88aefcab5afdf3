import { describe, expect, it } from "vitest";
import { canonicalEncoding } from "./canonical-encoding.ts";

const hex = (input: unknown) => Buffer.from(canonicalEncoding(input)).toString("hex");

describe("canonicalEncoding", () => {
  it("gives equal values the same bytes", () => {
    const equal: [unknown, unknown][] = [
      [
        { a: 1, b: { c: 2, d: 3 } },
        { b: { d: 3, c: 2 }, a: 1 },
      ],
      [1, 1.0],
      [-0, 0],
      [1n, 1],
      [{ a: undefined, b: 1 }, { b: 1 }],
      [Buffer.from([1, 2]), new Uint8Array([1, 2])],
      [Object.create(null), {}],
      [
        { aa: 1, b: 2, "": 3 },
        { "": 3, b: 2, aa: 1 },
      ],
    ];
    for (const [one, two] of equal) expect(hex(one)).toBe(hex(two));
  });

  it("gives different values different bytes", () => {
    const inputs = [
      ...[null, true, false, 0, 1, -1, 0.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY],
      ...["", "1", "a", "é", "e\u0301", new Uint8Array(), new Uint8Array([49]), [], [1], [[1]]],
      ...[{}, { a: 1 }, { a: 2 }, { b: 1 }, { a: { b: 1 } }, [{ a: 1 }], { a: null }, { a: [] }],
      ...[2n ** 63n, -(2n ** 64n), JSON.parse('{"__proto__":1}')],
    ];
    expect(new Set(inputs.map(hex)).size).toBe(inputs.length);
  });

  it("is pinned, because stored entries are found by it", () => {
    expect(hex([{ b: [{ d: 1, c: 2.5 }], a: "é" }, null, -1, new Uint8Array([1])])).toBe(
      "84a2616162c3a9616281a26163f941006164 01f6204101".replace(" ", ""),
    );
  });

  it("names the place of what it refuses", () => {
    class Point {
      x = 1;
    }
    const cyclic: unknown[] = [];
    cyclic.push({ self: cyclic });
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const refused: [unknown, RegExp][] = [
      [undefined, /^input is undefined/],
      [[1, undefined], /^input\[1\] is undefined/],
      // biome-ignore lint/suspicious/noSparseArray: it is what is tested
      [[1, , 3], /^input\[1\] is undefined/],
      [() => 1, /^input is a function/],
      [{ a: { b: () => 1 } }, /^input\["a"\]\["b"\] is a function/],
      [{ a: [Symbol("x")] }, /^input\["a"\]\[0\] is a symbol/],
      [{ at: new globalThis.Date(0) }, /^input\["at"\] is a Date/],
      [new Map([["a", 1]]), /^input is a Map/],
      [new Set([1]), /^input is a Set/],
      [new Point(), /^input is a Point/],
      [new Float64Array(1), /^input is a Float64Array/],
      [new String("x"), /^input is a String/],
      [Promise.resolve(), /^input is a Promise/],
      [cyclic, /^input\[0\]\["self"\] contains itself/],
      [deep, /is over 500 levels deep/],
      ["\ud800", /half a surrogate pair/],
      [{ "\ud800": 1 }, /name with half a surrogate pair/],
      [2n ** 64n, /more than 64 bits/],
      [{ [Symbol("x")]: 1 }, /symbol keys/],
      [
        {
          get a(): never {
            throw new Error("no");
          },
        },
        /cannot be encoded: no/,
      ],
    ];
    for (const [input, message] of refused) {
      expect(() => canonicalEncoding(input)).toThrowError(
        expect.objectContaining({
          code: "WF_NOT_SERIALIZABLE",
          message: expect.stringMatching(message),
        }),
      );
    }
  });

  it("takes one object twice in one input, since that is no cycle", () => {
    const shared = { a: 1 };
    expect(hex([shared, shared])).toBe(hex([{ a: 1 }, { a: 1 }]));
  });
});
