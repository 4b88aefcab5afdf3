import { describe, expect, it } from "vitest";
import { splitDocument } from "./sections.ts";

const splitIntoSections = (markdown: string) => splitDocument(markdown).sections;

describe("splitDocument", () => {
  it("starts a section at each heading down to the third level", () => {
    const sections = splitIntoSections(
      "Before.\n\n# One\nText 1.\n\n### Deep\nText 2.\n\n#### Deeper\nText 3.\n\nTwo\n---\nText 4.",
    );
    expect(sections).toEqual([
      { number: 0, heading: "", level: 0, text: "Before." },
      { number: 1, heading: "One", level: 1, text: "Text 1." },
      { number: 2, heading: "Deep", level: 3, text: "Text 2.\nDeeper\nText 3." },
      { number: 3, heading: "Two", level: 2, text: "Text 4." },
    ]);
  });

  it("keeps what a reader reads, without code, images, HTML and markup", () => {
    const [section] = splitIntoSections(
      "# A *fine* `title` [link](http://x)\n**Bold** &amp; _plain_[^1] ![badge](b.svg) text.\n\n" +
        "```js\ncode();\n```\n<div>html</div>\n\n- one\n- two `x` \\*\n\n> quoted\n\n|a|b|\n|-|-|\n|c|d|\n",
    );
    expect(section?.heading).toBe("A fine title link");
    expect(section?.text).toBe("Bold plain text.\none\ntwo x *\nquoted\na b\nc d");
  });

  it("leaves out sections without text and numbers the others without gaps", () => {
    const sections = splitIntoSections(
      "# Only code\n```\nx\n```\n# Words\nHere.\n# Empty\n# 1\n2 3",
    );
    expect(sections.map(({ number, heading }) => [number, heading])).toEqual([[0, "Words"]]);
  });

  it("takes the title from the first heading of level 1, also when that has no text below it", () => {
    expect(splitDocument("## A\ntext\n# ![logo](x)\n# The title\n## B\ntext").title).toBe(
      "The title",
    );
    expect(splitDocument("## A\ntext").title).toBeUndefined();
  });

  it("passes over front matter", () => {
    expect(splitIntoSections("---\ntitle: x\n---\nText.")).toEqual([
      { number: 0, heading: "", level: 0, text: "Text." },
    ]);
  });

  it("finds nothing in an empty document", () => {
    expect(splitIntoSections("")).toEqual([]);
    expect(splitIntoSections("\n \n")).toEqual([]);
  });
});
