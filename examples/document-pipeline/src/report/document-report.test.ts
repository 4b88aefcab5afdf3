import { describe, expect, it } from "vitest";
import { assembleReport, type SectionReport } from "./document-report.ts";

function section(heading: string, level: number, words: number, term: string): SectionReport {
  const analysis = {
    words,
    readingSeconds: 1,
    terms: [{ term, count: words }],
    summary: `On ${term}.`,
  };
  return { heading, level, analysis };
}

const DOCUMENT = { id: "1a", name: "p/README.md", title: "The title" };

describe("assembleReport", () => {
  it("adds up its sections and takes the summary of the longest", () => {
    const sections = [
      section("", 0, 5, "badge"),
      section("Use", 2, 50, "queue"),
      section("The title", 1, 20, "job"),
      section("More", 2, 50, "job"),
    ];
    expect(assembleReport(DOCUMENT, sections)).toEqual({
      ...DOCUMENT,
      words: 125,
      readingSeconds: 35,
      terms: [
        { term: "job", count: 70 },
        { term: "queue", count: 50 },
        { term: "badge", count: 5 },
      ],
      summary: "On queue.",
      sections,
    });
  });
});
