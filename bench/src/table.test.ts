import { describe, expect, it } from "vitest";
import { formatValue, table } from "./table.ts";

describe("the table", () => {
  it("names each question once and says whether a budget holds", () => {
    const budget = { question: "speed", figure: "rate", bound: "at least", value: 1_000 } as const;
    const verdicts = [
      { question: "speed", name: "rate", value: 1_234.5, unit: "jobs/s", budget, holds: true },
      {
        question: "speed",
        name: "CPU",
        value: 12.34,
        unit: "µs",
        budget: undefined,
        holds: undefined,
      },
      { question: "size", name: "bytes", value: 7, unit: "bytes", budget, holds: false },
    ];
    expect(table(verdicts)).toBe(
      [
        "| question | figure | value | unit   | budget  | holds |",
        "| -------- | ------ | ----: | ------ | ------- | ----- |",
        "| speed    | rate   | 1,235 | jobs/s | ≥ 1,000 | yes   |",
        "|          | CPU    |  12.3 | µs     |         |       |",
        "| size     | bytes  |     7 | bytes  | ≥ 1,000 | NO    |",
      ].join("\n"),
    );
  });

  it("shows about three digits that count, and whole numbers whole", () => {
    expect([123_456, 123.4, 12.34, 1.234, 0.01234, 0, -12.34].map(formatValue)).toEqual([
      "123,456",
      "123",
      "12.3",
      "1.23",
      "0.0123",
      "0",
      "-12.3",
    ]);
  });
});
