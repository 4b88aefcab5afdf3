import { describe, expect, it } from "vitest";
import { analyseText } from "./text-analysis.ts";

const TEXT = `The queue keeps jobs. A job that was claimed by a worker returns to the queue.
Workers ask the queue for work.`;

describe("analyseText", () => {
  it("counts words and the seconds that they take to read", () => {
    expect(analyseText(TEXT)).toMatchObject({ words: 22, readingSeconds: 6 });
  });

  it("lists the most frequent words that are no filler, equal ones by letter", () => {
    expect(analyseText(TEXT).terms.slice(0, 3)).toEqual([
      { term: "queue", count: 3 },
      { term: "ask", count: 1 },
      { term: "claimed", count: 1 },
    ]);
  });

  it("summarises with the sentence that holds the most frequent words", () => {
    expect(analyseText(TEXT).summary).toBe("The queue keeps jobs.");
  });

  it("gives one answer for one text", () => {
    expect(analyseText(TEXT)).toEqual(analyseText(TEXT));
  });

  it("cuts a long summary at a word", () => {
    const { summary } = analyseText("word ".repeat(44).trim());
    expect(summary).toBe(`${"word ".repeat(36).trim()}…`);
  });

  it("copes with a text of no words", () => {
    expect(analyseText("!?")).toEqual({ words: 0, readingSeconds: 0, terms: [], summary: "!?" });
  });

  it("reads scripts other than Latin", () => {
    expect(analyseText("Очередь хранит задания. Очередь пуста.").terms[0]).toEqual({
      term: "очередь",
      count: 2,
    });
  });
});
