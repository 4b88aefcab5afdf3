import { describe, expect, it } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

const POWERS = [0, 7, 14, 21, 27, 28, 29, 31, 32, 35, 49, 52, 53].map((power) => 2 ** power);
const NUMBERS = [0, ...POWERS.flatMap((power) => [power - 1, power, power + 1])].filter(
  Number.isSafeInteger,
);
const STRINGS = ["", "a", "~", "\u007f", "\u0080", "aé", "日本語", "🗝", "x".repeat(42)];
const LONG_STRINGS = ["x".repeat(43), "é".repeat(42), "日".repeat(42), "x".repeat(200)];

describe("ByteWriter", () => {
  it.each(NUMBERS)("writes %d in groups of seven bits, lowest first", (number) => {
    const groups: number[] = [];
    for (let rest = BigInt(number); groups.length === 0 || rest > 0n; rest >>= 7n) {
      groups.push(Number(rest & 0x7fn));
    }
    const expected = groups.map((group, index) =>
      index < groups.length - 1 ? group | 0x80 : group,
    );
    const writer = new ByteWriter(Buffer.alloc(0), 0);
    writer.uint(number);
    const written = writer.finish();
    expect([...written]).toEqual(expected);
    expect(new ByteReader(written).uint()).toBe(number);
  });

  it.each([...STRINGS, ...LONG_STRINGS])("writes %j as its length and its UTF-8", (text) => {
    const writer = new ByteWriter(Buffer.alloc(0), 0);
    writer.byte(1);
    writer.string(text);
    writer.byte(2);
    const reader = new ByteReader(writer.finish());
    expect([reader.byte(), reader.uint()]).toEqual([1, Buffer.byteLength(text)]);
    const again = new ByteReader(writer.finish().subarray(1));
    expect([again.string(), again.byte(), again.atEnd]).toEqual([text, 2, true]);
  });
});

describe("ByteReader.name", () => {
  it("reads each name, whether it is the one before or another", () => {
    const names = ["jobs", "jobs", "jobz", "job", "jobs", "", "", "日本", "日本"];
    const writer = new ByteWriter(Buffer.alloc(0), 0);
    for (const name of names) writer.string(name);
    const reader = new ByteReader(writer.finish());
    expect(names.map(() => reader.name())).toEqual(names);
  });
});
