import { describe, expect, it } from "vitest";
import { assembleReport } from "./document-report.ts";
import { documentTable, type RunNumbers, runTable } from "./summary-table.ts";

function report(index: number) {
  const analysis = {
    words: index * 220,
    readingSeconds: index * 60,
    terms: [{ term: `t${index}`, count: 1 }],
    summary: "",
  };
  const name = `${"long-".repeat(20)}${index}.md`;
  return assembleReport({ id: `${index}`, name, title: name }, [
    { heading: "", level: 0, analysis },
  ]);
}

describe("documentTable", () => {
  it("shows the longest documents and adds up the others, within 80 columns", () => {
    const table = documentTable(Array.from({ length: 12 }, (_, index) => report(index + 1)));
    const rows = table.split("\n").filter((line) => line.includes("│"));
    expect(rows).toHaveLength(12);
    expect(rows[1]).toMatch(/│ …\S+-12\.md +│ +1 │ +2640 │ +12 │ t12 +│/);
    expect(rows.at(-1)).toMatch(/│ 2 more +│ +2 │ +660 │ +3 │ +│/);
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe("runTable", () => {
  it("puts both runs side by side", () => {
    const killed: RunNumbers = {
      documents: 3,
      kills: 2,
      paid: 12,
      recalled: 4,
      inFlightAtKills: 5,
      paidTwice: 2,
      seconds: 1.25,
    };
    const whole = { ...killed, kills: 0, paid: 10, recalled: 0, inFlightAtKills: 0, paidTwice: 0 };
    const table = runTable(killed, whole);
    expect(table).toMatch(/calls paid +│ +12 │ +10 │/);
    expect(table).toMatch(/calls paid twice +│ +2 │ +0 │/);
  });
});
