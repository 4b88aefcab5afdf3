import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareReports } from "./compare-reports.ts";

let parent: string;
let left: string;
let right: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), "compare-"));
  left = path.join(parent, "left");
  right = path.join(parent, "right");
  for (const directory of [left, right]) {
    mkdirSync(directory);
    writeFileSync(path.join(directory, "a.json"), "{}");
    writeFileSync(path.join(directory, "b.json"), "[1]");
  }
});
afterEach(() => rmSync(parent, { recursive: true }));

describe("compareReports", () => {
  it("finds nothing where all files are the same", async () => {
    expect(await compareReports(left, right)).toEqual([]);
  });

  it("finds a file that differs in one byte", async () => {
    writeFileSync(path.join(right, "b.json"), "[2]");
    expect(await compareReports(left, right)).toEqual(["b.json differs"]);
  });

  it("finds a file that is on one side only, unfinished ones too", async () => {
    rmSync(path.join(left, "a.json"));
    writeFileSync(path.join(left, "b.json.part"), "");
    expect(await compareReports(left, right)).toEqual([
      `a.json is only in ${right}`,
      `b.json.part is only in ${left}`,
    ]);
  });
});
