import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** How each example ends where all is as its header says. The document pipeline is run by itself in CI. */
const LAST_LINES: Readonly<Record<string, RegExp>> = {
  "crash-and-resume":
    /^crash-and-resume: killed in step 2, 5 of 5 calls paid, result: words: this was paid for once$/,
  approval: /^approval: two days, seven days and three processes later: as asked$/,
  "agent-loop": /^agent-loop: answered, and stopped at its limit$/,
  "order-status": /^order-status: 40 orders, 3 kills, 0 rows out of step, all shipped: yes$/,
};

describe("The example", () => {
  it.each(Object.entries(LAST_LINES))("%s ends as it says", (name, lastLine) => {
    const main = join(import.meta.dirname, name, "src/main.ts");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@wf/source", main],
      { encoding: "utf8" },
    );
    expect(stdout.trim().split("\n").at(-1), stdout + stderr).toMatch(lastLine);
    expect(status).toBe(0);
  });

  it("has each been listed here", () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true });
    const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    // The demo has a test of its own, and store-url is what the demo opens its store by.
    const others = ["document-pipeline", "store-url"];
    expect(names.sort()).toEqual([...Object.keys(LAST_LINES), ...others].sort());
  });
});
