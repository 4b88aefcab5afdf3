import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWorkDirectory } from "./work-directory.ts";

/** No process has it: Linux, macOS and Windows stay below. */
const ENDED_PID = 2 ** 31 - 1;
let parent: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), "work-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

describe("createWorkDirectory", () => {
  it("makes an empty directory for this process, also when an earlier one had its number", () => {
    mkdirSync(path.join(parent, `run-${process.pid}`, "store"), { recursive: true });
    const directory = createWorkDirectory(parent);
    expect(path.basename(directory)).toBe(`run-${process.pid}`);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("removes what ended processes left, and nothing else", () => {
    for (const name of [`run-${ENDED_PID}`, `run-${process.ppid}`, "notes"]) {
      mkdirSync(path.join(parent, name));
    }
    createWorkDirectory(parent);
    expect(readdirSync(parent).sort()).toEqual(
      ["notes", `run-${process.pid}`, `run-${process.ppid}`].sort(),
    );
  });
});
