import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newestFigures } from "../site/results.ts";

const RESULTS = `# Results

## 2026-01-01, commit a

| question | figure   | value | unit   | budget | holds |
| -------- | -------- | ----: | ------ | ------ | ----- |
| memo     | hit      |   1.5 | µs     |        |       |
| idle     | requests |     1 | req    | ≤ 0    | NO    |
|          | bytes    |     2 | bytes  |        |       |

## 2026-01-02, commit b

| question | figure   | value | unit   | budget | holds |
| -------- | -------- | ----: | ------ | ------ | ----- |
| idle     | requests |     0 | req    | ≤ 0    | yes   |
`;

describe("The figures on the page about benchmarks", () => {
  it("are those of the newest run that asked the question", () => {
    const figures = newestFigures(RESULTS);
    expect(
      figures.map(({ question, figure, value, run }) => [
        question,
        figure,
        value,
        run,
      ]),
    ).toEqual([
      ["memo", "hit", "1.5", "2026-01-01, commit a"],
      ["idle", "requests", "0", "2026-01-02, commit b"],
    ]);
  });

  it("are all in bench/RESULTS.md, with and without budgets", () => {
    const file = join(import.meta.dirname, "../../bench/RESULTS.md");
    const figures = newestFigures(readFileSync(file, "utf8"));
    expect(
      figures.filter(({ budget }) => budget !== "").length,
    ).toBeGreaterThan(10);
    expect(figures.some(({ question }) => question.startsWith("peers-"))).toBe(
      true,
    );
    for (const { value } of figures) expect(value).toMatch(/^[\d,.]+$/);
  });
});
