import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WF_ERROR_CODES, WfError, type WfErrorCode } from "@wf/core";
import { describe, expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../errors.md"), "utf8");
/** The text below the heading of each code. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [
      section.split("\n", 1)[0] as string,
      section.split(/^## /m, 1)[0] as string,
    ]),
);

describe("The page about errors", () => {
  it("has a heading for each code, and none without one", () => {
    expect([...sections.keys()].sort()).toEqual([...WF_ERROR_CODES].sort());
    expect(page.match(/^### /gm)).toHaveLength(sections.size);
  });

  it.each(WF_ERROR_CODES)(
    "says of %s what may be done after it",
    (code: WfErrorCode) => {
      const { retry } = new WfError(code, "");
      expect(sections.get(code)).toContain(`\n\n\`retry: ${retry}\`\n\n`);
      expect(sections.get(code)).toMatch(/\n\n\*\*What to do\.\*\* \S/);
    },
  );
});
