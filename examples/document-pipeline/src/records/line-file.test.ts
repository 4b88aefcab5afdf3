import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineFile, LineReader } from "./line-file.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lines-"));
  file = path.join(directory, "lines.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("LineReader", () => {
  it("reads what was appended since the last look, by one writer after another", () => {
    const reader = new LineReader<object>(file);
    expect(reader.read()).toEqual([]);
    new LineFile(file).append({ a: 1 });
    expect(reader.read()).toEqual([{ a: 1 }]);
    new LineFile(file).append({ b: "é\n" });
    expect(reader.read()).toEqual([{ b: "é\n" }]);
    expect(reader.read()).toEqual([]);
    reader.close();
  });

  it("waits for the end of a line that is only half there", () => {
    const reader = new LineReader<object>(file);
    const line = Buffer.from('{"a":"é"}\n{"b":2}\n');
    for (let cut = 0; cut < line.length; cut++) {
      appendFileSync(file, line.subarray(cut, cut + 1));
      expect(reader.read()).toEqual(cut === 9 + 1 ? [{ a: "é" }] : cut === 18 ? [{ b: 2 }] : []);
    }
    reader.close();
  });

  it("reads more than fits into one read", () => {
    const reader = new LineReader<{ text: string }>(file);
    const writer = new LineFile(file);
    const text = "x".repeat(50_000);
    for (let i = 0; i < 5; i++) writer.append({ text });
    expect(reader.read().map((record) => record.text.length)).toEqual(Array(5).fill(50_000));
    reader.close();
  });
});
